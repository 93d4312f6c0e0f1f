package v1

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// sheetRows are the most rows of a sheet: Excel knows 1,048,576 rows, of which one has the names.
const sheetRows = 1_048_575

// xlsxExport writes a workbook. It can only be told to the client when all of it is known; until then it lies in a folder
// of its own among the system's temporary files, some 1.2 KB a call.
type xlsxExport[R any] struct {
	of     tabular[R]
	w      io.Writer
	zone   *time.Location
	most   int // rows of a sheet
	folder string
	book   *excelize.File
	sheet  *excelize.StreamWriter
	sheets int
	row    int   // the last that is written
	cells  []any // of it
	day    int   // the style of times
	bold   int
}

func newXLSX[R any](w io.Writer, zone *time.Location, of tabular[R]) (exporter[R], error) {
	folder, err := os.MkdirTemp("", "callgate-export-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for an export: %w", err)
	}
	e := &xlsxExport[R]{of: of, w: w, zone: zone, most: sheetRows, folder: folder, book: excelize.NewFile(excelize.Options{TmpDir: folder})}
	if err := e.begin(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *xlsxExport[R]) begin() (err error) {
	// Without this the whole file would be made in memory first.
	e.book.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(e.w) })
	form := "yyyy-mm-dd hh:mm:ss"
	if e.day, err = e.book.NewStyle(&excelize.Style{CustomNumFmt: &form}); err != nil {
		return err
	}
	if e.bold, err = e.book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	return e.newSheet()
}

// newSheet begins the next sheet, with the names of the columns.
func (e *xlsxExport[R]) newSheet() (err error) {
	if e.sheet != nil {
		if err := e.sheet.Flush(); err != nil {
			return err
		}
	}
	e.sheets++
	name := e.of.title + " " + strconv.Itoa(e.sheets)
	if e.sheets == 1 {
		err = e.book.SetSheetName(e.book.GetSheetName(0), name)
	} else {
		_, err = e.book.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if e.sheet, err = e.book.NewStreamWriter(name); err != nil {
		return err
	}
	if err := e.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	names := e.of.columns(new(R))
	cells := make([]any, 0, len(names))
	for _, column := range names {
		cells = append(cells, excelize.Cell{StyleID: e.bold, Value: column.name})
	}
	e.row, e.cells = 1, make([]any, len(names))
	return e.sheet.SetRow("A1", cells)
}

func (e *xlsxExport[R]) Write(row *R) error {
	if e.row > e.most {
		if err := e.newSheet(); err != nil {
			return err
		}
	}
	for i, column := range e.of.columns(row) {
		switch v := column.value.(type) {
		case time.Time:
			if e.cells[i] = nil; !v.IsZero() {
				e.cells[i] = excelize.Cell{StyleID: e.day, Value: v.In(e.zone)}
			}
		case *float64:
			if e.cells[i] = nil; v != nil {
				e.cells[i] = *v
			}
		default:
			if e.cells[i] = v; v == "" {
				e.cells[i] = nil
			}
		}
	}
	e.row++
	return e.sheet.SetRow("A"+strconv.Itoa(e.row), e.cells)
}

func (e *xlsxExport[R]) End() error {
	if err := e.sheet.Flush(); err != nil {
		return err
	}
	_, err := e.book.WriteTo(e.w)
	return err
}

func (e *xlsxExport[R]) Close() error {
	return errors.Join(e.book.Close(), os.RemoveAll(e.folder))
}

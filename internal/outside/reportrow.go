package outside

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// reportKeys are the keys of the contact-centre report, in its order. Some mix Cyrillic letters with Latin ones that
// look alike.
var reportKeys = [...]string{
	`Дата`,
	`День недели`,
	`Id проекта`,
	`Номер`,
	`Общее число вызовов на номерах`,
	`Число отбоев (не попали в очередь)`,
	`Общее число вызовов в очереди`,
	`Средняя длительность ожидания в очереди, сек`,
	`Число потерянных вызовов (ушли из очереди)`,
	`Число обслуженных вызовов в очереди`,
	`Уровень обслуживания "SL", %`,
	`Процент потерянных вызовов "AR", %`,
	`Среднее время обслуживания вызова "АНТ", мин`,
	`Средняя скорость ответа "ASA", сек`,
	`Число обслуженных вызовов при ожидании в очереди менее 20 секунд`,
	`Число потерянных вызовов при ожидании в очереди менее 20 секунд`,
	`Максимальная задержка с ответом, сек`,
	`Среднее время разговора "АТТ", сек`,
	`Среднее время HOLD, сек`,
	`Среднее время поствызывной обработки "АСW", сек`,
	`Длительность разговора + АСW, округленная, мин`,
}

// ReportKeys are the keys of the contact-centre report, in its order.
func ReportKeys() []string { return slices.Clone(reportKeys[:]) }

// The columns that are more than figures.
const (
	dayColumn, weekdayColumn, projectColumn, numberColumn, holdColumn = 0, 1, 2, 3, 18
)

const (
	total  = "ИТОГ"  // stands for all days, projects or numbers
	hidden = "*****" // stands in the place of a phone number
)

// ReportRow is a row of the contact-centre report.
type ReportRow struct{ values [len(reportKeys)]*string }

// All yields keys and values in the report's order; no value, which is null, is of a mean of nothing.
func (r ReportRow) All() iter.Seq2[string, *string] {
	return func(yield func(string, *string) bool) {
		for i, key := range reportKeys {
			if !yield(key, r.values[i]) {
				return
			}
		}
	}
}

func (r ReportRow) day() string     { return *r.values[dayColumn] }
func (r ReportRow) project() string { return *r.values[projectColumn] }
func (r ReportRow) number() string  { return *r.values[numberColumn] }

// grand tells whether it is the total of all days, projects and numbers.
func (r ReportRow) grand() bool { return r.day() == total }

// group is what a row's subtotal is of.
func (r ReportRow) group() [2]string { return [...]string{r.day(), r.project()} }

// asGrand makes the total of a day and project that of everything.
func (r ReportRow) asGrand() ReportRow {
	all := total
	for _, i := range [...]int{dayColumn, weekdayColumn, projectColumn, numberColumn} {
		r.values[i] = &all
	}
	return r
}

// check holds a row against the report's shape: it is of a number, of a day and project as a whole, or of everything.
func (r ReportRow) check() error {
	for i, value := range r.values {
		switch {
		case value == nil && i != holdColumn:
			return fmt.Errorf("null for %q", reportKeys[i])
		case value != nil && strings.ContainsRune(*value, utf8.RuneError):
			return fmt.Errorf("what stands for %q is no UTF-8", reportKeys[i])
		}
	}
	if r.grand() {
		if *r.values[weekdayColumn] != total || r.project() != total || r.number() != total {
			return fmt.Errorf("a total of all days that is not %s throughout", total)
		}
		return nil
	}
	if _, err := time.Parse(time.DateOnly, r.day()); err != nil {
		return fmt.Errorf("what stands for %q is neither a day such as 2022-11-10 nor %s", reportKeys[dayColumn], total)
	}
	if r.project() == "" || r.project() == total {
		return errors.New("a day without its project")
	}
	return nil
}

// arrange puts rows in the report's order: day, project, number, and each total behind what it sums. Projects and
// numbers of a day stay in the order in which they came.
func arrange(rows []ReportRow) {
	met := map[string]int{} // projects, by when they came first
	for _, r := range rows {
		if _, known := met[r.project()]; !known {
			met[r.project()] = len(met)
		}
	}
	last := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(rows, func(a, b ReportRow) int {
		return cmp.Or(cmp.Compare(last(a.grand()), last(b.grand())), cmp.Compare(a.day(), b.day()),
			cmp.Compare(met[a.project()], met[b.project()]), cmp.Compare(last(a.number() == total), last(b.number() == total)))
	})
}

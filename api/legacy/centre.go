package legacy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"callgate/internal/fault"
	"callgate/internal/outside"
	"callgate/internal/report"
)

// Centre makes the contact-centre report.
type Centre interface {
	// Report returns the rows from one day to another, both included, of the projects listed, nil for all.
	Report(ctx context.Context, first, last report.Date, projects []string) ([]report.CentreRow, error)
}

// OutsideCentre asks an outside report system for the same report.
type OutsideCentre interface {
	// Rows returns what may be seen of it, from one day to another, both included.
	Rows(ctx context.Context, first, last string, view outside.ReportView) ([]outside.ReportRow, error)
}

// total stands for what a total is not of.
const total = "ИТОГ"

// soon is the wait, in seconds, that two of the columns speak of, whatever a project's threshold is.
const soon = 20

// weekdays are the names of the days, Sunday first as time.Weekday has it.
var weekdays = [...]string{"Воскресенье", "Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота"}

// centreRow are the columns of a row, in the manual's order and under its names, byte for byte: some mix Cyrillic letters
// with Latin ones that look alike. A column is a text, or nothing.
func centreRow(r *report.CentreRow, number string) [21]struct {
	name  string
	value any
} {
	day, weekday, project := total, total, total
	if r.Part != report.OfEveryone {
		day, weekday, project = r.Day.String(), weekdays[r.Day.Weekday()], r.Project
	}
	if r.Part != report.OfNumber {
		number = total
	}
	var hold any
	if r.Held > 0 {
		hold = duration(report.Mean(r.Hold, r.Held))
	}
	answeredSoon, _ := r.Within(soon)
	lostSoon, _ := r.LostWithin(soon)
	return [...]struct {
		name  string
		value any
	}{
		{`Дата`, day},
		{`День недели`, weekday},
		{`Id проекта`, project},
		{`Номер`, number},
		{`Общее число вызовов на номерах`, count(r.Inbound)},
		{`Число отбоев (не попали в очередь)`, count(r.Unqueued)},
		{`Общее число вызовов в очереди`, count(r.Queued)},
		{`Средняя длительность ожидания в очереди, сек`, decimal(r.AnsweredWait+r.LostWait, r.Inbound, 4)},
		{`Число потерянных вызовов (ушли из очереди)`, count(r.Lost)},
		{`Число обслуженных вызовов в очереди`, count(r.Answered)},
		{`Уровень обслуживания "SL", %`, decimal(100*r.InTime, r.Answered, 1) + "%"},
		{`Процент потерянных вызовов "AR", %`, decimal(100*r.Lost, r.Queued, 1) + "%"},
		{`Среднее время обслуживания вызова "АНТ", мин`, duration(report.Mean(r.Talk+r.Wrap, r.Answered))},
		{`Средняя скорость ответа "ASA", сек`, decimal(r.AnsweredWait, r.Answered, 2)},
		{`Число обслуженных вызовов при ожидании в очереди менее 20 секунд`, count(answeredSoon)},
		{`Число потерянных вызовов при ожидании в очереди менее 20 секунд`, count(lostSoon)},
		{`Максимальная задержка с ответом, сек`, duration(r.AnsweredLongest)},
		{`Среднее время разговора "АТТ", сек`, duration(report.Mean(r.Talk, r.Answered))},
		{`Среднее время HOLD, сек`, hold},
		{`Среднее время поствызывной обработки "АСW", сек`, duration(report.Mean(r.Wrap, r.Answered))},
		{`Длительность разговора + АСW, округленная, мин`, count(r.Minutes)},
	}
}

// centre shows the contact-centre report.
func (f *Face) centre(ctx context.Context, q *request) (answer, error) {
	var days [2]report.Date
	for i, field := range [...]string{"start_date", "stop_date"} {
		text, err := q.required(field)
		if err != nil {
			return answer{}, err
		}
		if days[i], err = report.ParseDate(text); err != nil {
			return answer{}, &fault.Error{Kind: fault.WrongField, Subject: field, Err: err}
		}
	}
	if days[1].Before(days[0]) {
		return answer{}, fault.New(fault.WrongField, "stop_date")
	}
	numbers := q.who.May("numbers", "see")
	if f.o.CentreOutside() {
		rows, err := f.o.OutsideCentre.Rows(ctx, days[0].String(), days[1].String(), outside.ReportView{Sees: q.who.Sees, Numbers: numbers})
		if err != nil {
			return answer{}, err
		}
		return listing(len(rows), func(i int, column func(name string, value any) error) error {
			for name, value := range rows[i].All() {
				if err := column(name, value); err != nil {
					return err
				}
			}
			return nil
		}), nil
	}
	var projects []string
	if len(q.who.Projects) > 0 {
		projects = q.who.Projects
	}
	rows, err := f.o.Centre.Report(ctx, days[0], days[1], projects)
	if err != nil {
		return answer{}, err
	}
	return listing(len(rows), func(i int, column func(name string, value any) error) error {
		number := rows[i].Number
		if !numbers {
			number = report.Hidden
		}
		for _, c := range centreRow(&rows[i], number) {
			if err := column(c.name, c.value); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// listing writes rows whose columns have names and an order.
func listing(rows int, write func(row int, column func(name string, value any) error) error) answer {
	return answer{write: func(w http.ResponseWriter, _ *http.Request) error {
		w.Header()["Content-Type"] = []string{jsonType}
		out := bufio.NewWriterSize(patient{w}, 32<<10)
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		_ = out.WriteByte('[') // a failure shows in Flush
		separator := "{"
		for i := range rows {
			if err := write(i, func(name string, value any) error {
				text.Reset()
				for _, part := range [...]any{name, value} {
					if err := enc.Encode(part); err != nil {
						return err
					}
					text.Truncate(text.Len() - 1) // the encoder's line end
					text.WriteByte(':')
				}
				text.Truncate(text.Len() - 1)
				_, _ = out.WriteString(separator)
				_, _ = out.Write(text.Bytes())
				separator = ","
				return nil
			}); err != nil {
				return err
			}
			separator = "},{"
		}
		if rows > 0 {
			_ = out.WriteByte('}')
		}
		_ = out.WriteByte(']')
		return out.Flush()
	}}
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// decimal is sum / n with so many decimals, rounded half up.
func decimal(sum, n int64, decimals int) string {
	power := int64(1)
	for range decimals {
		power *= 10
	}
	all := report.Mean(sum*power, n)
	return fmt.Sprintf("%d.%0*d", all/power, decimals, all%power)
}

// duration shows seconds as hours, minutes and seconds.
func duration(seconds int64) string {
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

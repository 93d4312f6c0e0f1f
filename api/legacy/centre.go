package legacy

import (
	"context"
	"fmt"
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
// with Latin ones that look alike.
func centreRow(r *report.CentreRow, numbers bool) []member {
	day, weekday, project, number := total, total, total, total
	if r.Part != report.OfEveryone {
		day, weekday, project = r.Day.String(), weekdays[r.Day.Weekday()], r.Project
	}
	if r.Part == report.OfNumber {
		number = report.ShownNumber(r.Number, numbers)
	}
	answeredSoon, _ := r.Within(soon)
	lostSoon, _ := r.LostWithin(soon)
	return []member{
		text(`Дата`, day),
		text(`День недели`, weekday),
		text(`Id проекта`, project),
		text(`Номер`, number),
		text(`Общее число вызовов на номерах`, count(r.Inbound)),
		text(`Число отбоев (не попали в очередь)`, count(r.Unqueued)),
		text(`Общее число вызовов в очереди`, count(r.Queued)),
		text(`Средняя длительность ожидания в очереди, сек`, decimal(r.AnsweredWait+r.LostWait, r.Inbound, 4)),
		text(`Число потерянных вызовов (ушли из очереди)`, count(r.Lost)),
		text(`Число обслуженных вызовов в очереди`, count(r.Answered)),
		text(`Уровень обслуживания "SL", %`, decimal(100*r.InTime, r.Answered, 1)+"%"),
		text(`Процент потерянных вызовов "AR", %`, decimal(100*r.Lost, r.Queued, 1)+"%"),
		text(`Среднее время обслуживания вызова "АНТ", мин`, duration(report.Mean(r.Talk+r.Wrap, r.Answered))),
		text(`Средняя скорость ответа "ASA", сек`, decimal(r.AnsweredWait, r.Answered, 2)),
		text(`Число обслуженных вызовов при ожидании в очереди менее 20 секунд`, count(answeredSoon)),
		text(`Число потерянных вызовов при ожидании в очереди менее 20 секунд`, count(lostSoon)),
		text(`Максимальная задержка с ответом, сек`, duration(r.AnsweredLongest)),
		text(`Среднее время разговора "АТТ", сек`, duration(report.Mean(r.Talk, r.Answered))),
		{key: `Среднее время HOLD, сек`, value: duration(report.Mean(r.Hold, r.Held)), null: r.Held == 0},
		text(`Среднее время поствызывной обработки "АСW", сек`, duration(report.Mean(r.Wrap, r.Answered))),
		text(`Длительность разговора + АСW, округленная, мин`, count(r.Minutes)),
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
		return listing(rows, func(r outside.ReportRow) (all []member) {
			for key, value := range r.All() {
				m := member{key: key, null: value == nil}
				if value != nil {
					m.value = *value
				}
				all = append(all, m)
			}
			return all
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
	return listing(rows, func(r report.CentreRow) []member { return centreRow(&r, numbers) }), nil
}

// listing shows rows as a bare array.
func listing[R any](all []R, columns func(R) []member) answer {
	return between("[", "]", func(_ context.Context, out *rows) error {
		for _, row := range all {
			if err := out.add(columns(row)...); err != nil {
				return err
			}
		}
		return nil
	})
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

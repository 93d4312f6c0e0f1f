package account

import "slices"

// Words is a text in the languages of the panel.
type Words struct{ English, Russian string }

// Known is a module of the API, in the words of who decides what the API offers.
type Known struct {
	Name    string
	Title   Words
	About   Words
	Actions []KnownAction
}

// KnownAction is one action of a module.
type KnownAction struct {
	Name  string
	Title Words
	About Words
	// Documented is an action of the documented face, Modern a right of the modern one; some are both.
	Documented, Modern bool
	// Right is one that no request is about by itself: it is given and taken away, but not switched.
	Right bool
}

// Off is what a client gets while the action is switched off.
func (a KnownAction) Off() Words {
	switch {
	case a.Right:
		return Words{"It cannot be switched: it is given to users, and taken away.", "Не отключается: это право, которое дают пользователям и отнимают у них."}
	case a.Documented && a.Modern:
		return Words{`405 {"error":"Access denied!"} on the documented API, 403 on /api/v1.`, `405 {"error":"Access denied!"} в документированном API, 403 в /api/v1.`}
	case a.Documented:
		return Words{`405 {"error":"Access denied!"}.`, `405 {"error":"Access denied!"}.`}
	}
	return Words{"403 on /api/v1, with what is switched off.", "403 в /api/v1 с указанием, что отключено."}
}

// Catalogue lists all modules and actions of both faces. Nothing else can be switched.
func Catalogue() []Known { return slices.Concat(documented(), modern()) }

// FindAction finds a module and, unless the action is Any, an action of it that can be switched.
func FindAction(module, action string) (Known, bool) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(k Known) bool { return k.Name == module })
	if i < 0 {
		return Known{}, false
	}
	if action != Any && !slices.ContainsFunc(all[i].Actions, func(a KnownAction) bool { return a.Name == action && !a.Right }) {
		return Known{}, false
	}
	return all[i], true
}

// documented are the modules of the documented face, by the names that its manual gives them, letter for letter: a reader of it is to find
// them again.
func documented() []Known {
	old := func(name, english, russian, about, aboutRussian string) KnownAction {
		return KnownAction{Name: name, Title: Words{english, russian}, About: Words{about, aboutRussian}, Documented: true}
	}
	both := func(a KnownAction) KnownAction { a.Modern = true; return a }
	return []Known{
		{"auth", Words{"Connection to the API", "Подключение к API"}, Words{"Hands out the tokens without which nothing else is answered.", "Выдаёт токены, без которых остальные запросы не выполняются."}, []KnownAction{
			old("login", "Sign-in", "Получение Bearer Token", "A log-in and a password for a token, on both APIs. Tokens that were given out before go on working, and signing in to the panel too.", "Токен по логину и паролю, в обоих API. Ранее выданные токены и вход в панель управления продолжают действовать."),
		}},
		{"contact", Words{"Telephony platform FreeSWITCH", "Модуль взаимодействия с телефонной платформой ЦОВ FreeSWITCH"}, Words{"Calls, their recordings and records, queues and tiers.", "Вызовы, их записи и детальная информация о них, очереди и уровни."}, []KnownAction{
			old("add", "Make a call", "Совершение исходящего вызова", "Rings an account and connects it with a number.", "Вызывает SIP-аккаунт и соединяет его с номером."),
			old("audio", "Recording of a call", "Получение аудиозаписи вызова", "The file with what was said.", "Файл с записью разговора."),
			old("cdr", "Record of a call (CDR)", "CDR — детальная информация о вызовах", "Everything that FreeSWITCH noted of a call.", "Всё, что FreeSWITCH записал о вызове."),
			old("queues", "Queues", "Очереди", "The queues and how they are set.", "Список операторских очередей и их настройки."),
			old("tiers", "Tiers", "Уровни", "Which agents serve which queues.", "Какие операторы обслуживают какие очереди."),
			old("tier", "Tiers of one queue", "Уровни одной очереди", "The agents of one queue.", "Операторы одной очереди."),
		}},
		{"sms", Words{"Text messages", "Модуль взаимодействия с внешней платформой контент-провайдера оказывающего сервис по отправке СМС"}, Words{"Sends text messages through a provider.", "Отправка СМС через стороннего контент-провайдера."}, []KnownAction{
			both(old("send", "Send messages", "Отправка СМС", "A message to a number; on /api/v1 many at once as well.", "Сообщение на указанный номер; в /api/v1 также рассылка.")),
			act("list", "Messages that were sent", "Журнал СМС", "What was sent to whom, and what became of it.", "Что и кому отправлено и чем кончилось."),
			act("templates", "Templates of messages", "Шаблоны СМС", "Texts with places that are filled in.", "Тексты с подставляемыми значениями."),
			act("optouts", "Numbers that want no messages", "Отказавшиеся от СМС", "Who is not written to.", "Номера, на которые сообщения не отправляются."),
			act("providers", "Providers of messages", "Контент-провайдеры СМС", "Who carries messages, and how he is reached.", "Через кого отправляются сообщения и как к нему подключаться."),
		}},
		{"onlinestat", Words{"Online statistics", "Модуль получение онлайн статистика ЦОВ"}, Words{"How many agents are signed in, ready and talking just now.", "Сколько операторов сейчас в системе, готовы и разговаривают."}, []KnownAction{
			old("get", "Of one project", "Статистика одного проекта", "The agents of the project that is named.", "Операторы указанного проекта."),
			old("all", "Of all projects", "Статистика всех проектов", "The agents of each project.", "Операторы каждого проекта."),
		}},
		{"report", Words{"Reports", "Модуль получения отчетности"}, Words{"What the API did, and how the contact centre worked.", "Отчёты о работе ПО «Программный интерфейс» и систем внешней отчетности."}, []KnownAction{
			old("sms", "Text messages", "Отчеты о переданных к отправке СМС", "The messages of some days.", "Сообщения за указанные дни."),
			old("request", "Requests", "Отчет по обращениям к API", "Requests that were answered.", "Обращения, прошедшие через API."),
			old("badRequest", "Refused requests", "Отчет по некорректным обращениям к API", "Requests that were not.", "Некорректные обращения."),
			old("users", "Users", "Отчет по пользователям API", "The users and whether they may sign in.", "Зарегистрированные пользователи и их статус."),
			old("demoReport", "The contact centre", "Отчет от систем внешней отчетности (отчет ЦОВ)", "Calls by day, project and number.", "Вызовы по дням, проектам и номерам."),
		}},
	}
}

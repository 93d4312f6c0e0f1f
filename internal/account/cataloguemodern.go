package account

// act is an action of the modern face.
func act(name, english, russian, about, aboutRussian string) KnownAction {
	return KnownAction{Name: name, Title: Words{english, russian}, About: Words{about, aboutRussian}, Modern: true}
}

// modern are the modules that only the modern face has. Its actions are its rights.
func modern() []Known {
	return []Known{
		{"calls", Words{"Calls", "Вызовы"}, Words{"Live calls and past ones.", "Текущие и прошлые вызовы."}, []KnownAction{
			act("see", "See live calls", "Текущие вызовы", "Calls that are up, and where calls were led.", "Кто с кем говорит сейчас и куда направлялись вызовы."),
			act("make", "Make calls", "Совершение вызова", "Rings an account and sends it on to a number.", "Вызывает SIP-аккаунт и соединяет его с номером."),
			act("hangup", "End calls", "Завершение вызова", "Ends a leg.", "Завершает плечо вызова."),
			act("transfer", "Transfer calls", "Перевод вызова", "Sends a leg to a number or a queue.", "Переводит плечо на номер или в очередь."),
			act("hold", "Hold", "Удержание", "Puts a phone on hold, or takes it off.", "Ставит телефон на удержание и снимает с него."),
			act("mute", "Mute", "Отключение микрофона", "Lets the others not hear a party.", "Остальные не слышат участника."),
			act("dtmf", "Send digits", "Отправка DTMF", "Sends digits to a party.", "Передаёт цифры участнику."),
			act("record", "Record", "Запись разговора", "Starts, stops and pauses the recording of a call.", "Начинает, останавливает и приостанавливает запись вызова."),
			act("listen", "Listen in, whisper, barge", "Прослушивание и подсказка", "Lets an account hear a call, or speak in it.", "Даёт слушать вызов, подсказывать и вмешиваться."),
			act("bridge", "Connect two calls", "Соединение вызовов", "Lets two legs talk with each other.", "Соединяет два плеча."),
			act("park", "Park", "Парковка", "Lets a leg wait.", "Оставляет плечо ждать."),
			act("search", "Search past calls", "Поиск вызовов", "Past calls and their records.", "Прошлые вызовы и их CDR."),
			act("export", "Download past calls", "Выгрузка вызовов", "Past calls as a file.", "Прошлые вызовы файлом."),
		}},
		{"recordings", Words{"Recordings", "Записи разговоров"}, Words{"What was said in past calls.", "Записи прошлых разговоров."}, []KnownAction{
			act("see", "List of recordings", "Список записей", "Which recordings there are, and where.", "Какие записи есть и где они лежат."),
			act("listen", "Listen to recordings", "Прослушивание записей", "The files themselves.", "Сами файлы записей."),
		}},
		{"queues", Words{"Queues", "Очереди"}, Words{"Queues of callers.", "Очереди вызовов."}, []KnownAction{
			act("see", "See queues", "Просмотр очередей", "Queues, how they are set, and who waits in them.", "Очереди, их настройки и кто в них ждёт."),
			act("change", "Change queues", "Изменение очередей", "Defines, loads and unloads queues.", "Создаёт, загружает и выгружает очереди."),
		}},
		{"agents", Words{"Agents", "Операторы"}, Words{"Who answers the callers of queues.", "Кто отвечает на вызовы из очередей."}, []KnownAction{
			act("see", "See agents", "Просмотр операторов", "Agents, their states and what they did.", "Операторы, их состояния и история."),
			act("status", "Set the status of agents", "Статус оператора", "Available, on break, logged out.", "Готов, перерыв, вне системы."),
			act("change", "Change agents", "Изменение операторов", "Adds, changes and deletes agents.", "Добавляет, изменяет и удаляет операторов."),
		}},
		{"tiers", Words{"Tiers", "Уровни"}, Words{"Which agents serve which queues.", "Какие операторы обслуживают какие очереди."}, []KnownAction{
			act("see", "See tiers", "Просмотр уровней", "Who serves which queue, and in which order.", "Кто какую очередь обслуживает и в каком порядке."),
			act("change", "Change tiers", "Изменение уровней", "Adds agents to queues and takes them out.", "Добавляет операторов в очереди и убирает из них."),
		}},
		{"routes", Words{"Routes", "Маршруты"}, Words{"What becomes of calls to the projects' numbers.", "Что происходит с вызовами на номера проектов."}, []KnownAction{
			act("see", "See routes", "Просмотр маршрутов", "Working hours, announcements and where calls go.", "Рабочие часы, сообщения и куда идут вызовы."),
			act("change", "Change routes", "Изменение маршрутов", "Makes, changes and deletes routes.", "Создаёт, изменяет и удаляет маршруты."),
		}},
		{"destinations", Words{"Destinations", "Направления"}, Words{"Where calls may go.", "Куда разрешено звонить."}, []KnownAction{
			act("see", "See the rules", "Просмотр правил", "Which numbers are allowed and denied.", "Какие номера разрешены и запрещены."),
			act("change", "Change the rules", "Изменение правил", "Allows and denies numbers.", "Разрешает и запрещает номера."),
		}},
		{"reports", Words{"Reports of the contact centre", "Отчёты контакт-центра"}, Words{"How the contact centre worked.", "Как работал контакт-центр."}, []KnownAction{
			act("see", "See reports", "Просмотр отчётов", "Queues, agents, numbers, hours and causes; also of reports that come by mail.", "Очереди, операторы, номера, часы и причины; в том числе отчёты по почте."),
			act("schedule", "Reports by mail", "Отчёты по расписанию", "Sends one's own reports by mail.", "Отправляет свои отчёты по почте."),
			act("scheduleall", "Reports by mail of all users", "Расписания всех пользователей", "Sees and changes those of others.", "Просмотр и изменение чужих расписаний."),
		}},
		{"mail", Words{"Mail", "Почта"}, Words{"The mail server.", "Почтовый сервер."}, []KnownAction{
			act("test", "Test the mail server", "Проверка почты", "Sends a mail to try it.", "Отправляет пробное письмо."),
		}},
		{"cdr", Words{"Completeness of CDRs", "Полнота CDR"}, Words{"Whether records of calls are missing.", "Не потеряны ли CDR."}, []KnownAction{
			act("gaps", "Gaps", "Пропуски", "Calls whose CDR has not come.", "Вызовы, CDR которых не получены."),
		}},
		{"switch", Words{"What FreeSWITCH executes", "Команды FreeSWITCH"}, Words{"Texts that FreeSWITCH acts on.", "Тексты, которые исполняет FreeSWITCH."}, []KnownAction{
			act("texts", "Contacts, sounds, transfers", "Контакты, звуки, переводы", "Needed beside the right to change agents, queues and routes where such a text is given.", "Нужно вместе с правом изменять операторов, очереди и маршруты, когда задаётся такой текст."),
		}},
		{"numbers", Words{"Phone numbers", "Номера телефонов"}, Words{"Whether numbers are shown in full.", "Показывать ли номера полностью."}, []KnownAction{
			{Name: "see", Title: Words{"See phone numbers", "Видеть номера"}, About: Words{"Without it numbers are shown as *****.", "Без этого права номера показаны как *****."}, Modern: true, Right: true},
		}},
		{"projects", Words{"Projects", "Проекты"}, Words{"Projects, their numbers and queues.", "Проекты, их номера и очереди."}, []KnownAction{
			act("see", "See projects", "Просмотр проектов", "Projects and how they are counted.", "Проекты и правила их учёта."),
			act("edit", "Change projects", "Изменение проектов", "Adds, changes and removes projects.", "Добавляет, изменяет и удаляет проекты."),
		}},
		{"users", Words{"Users", "Пользователи"}, Words{"Who may use the API, and for what.", "Кто и для чего может пользоваться API."}, []KnownAction{
			act("see", "See users", "Просмотр пользователей", "Users, their rights and keys.", "Пользователи, их права и ключи."),
			act("edit", "Change users", "Изменение пользователей", "Adds and changes users, gives rights and takes them away.", "Добавляет и изменяет пользователей, выдаёт и отнимает права."),
		}},
		{"webhooks", Words{"Webhooks", "Вебхуки"}, Words{"Tells other systems what happens: calls, recordings, agents, messages.", "Сообщает внешним системам о событиях: вызовы, записи, операторы, СМС."}, []KnownAction{
			act("see", "See webhooks", "Просмотр вебхуков", "The addresses, and what was sent to them.", "Адреса и что на них отправлено."),
			act("edit", "Change webhooks", "Изменение вебхуков", "Adds, changes and tries addresses. While it is off nothing is sent at all.", "Добавляет, изменяет и проверяет адреса. Если отключено, ничего не отправляется."),
		}},
		{"requests", Words{"Request log", "Журнал запросов"}, Words{"What was asked of the documented API.", "Что запрашивали через документированный API."}, []KnownAction{
			act("see", "See the request log", "Просмотр журнала запросов", "Requests with what was asked, the answer, and why each that was refused was refused.", "Запросы: что запрошено, каков ответ и почему отказано."),
		}},
		{"system", Words{"System", "Система"}, Words{"How callgate and what it needs are.", "Состояние callgate и того, от чего он зависит."}, []KnownAction{
			act("see", "See the status", "Просмотр состояния", "Version, database, switches, what waits, disks.", "Версия, база данных, коммутаторы, что ожидает обработки, диски."),
		}},
		{"audit", Words{"Audit log", "Журнал изменений"}, Words{"Who changed what.", "Кто и что изменил."}, []KnownAction{
			act("see", "See the audit log", "Просмотр журнала изменений", "Every administrative change, before and after.", "Каждое изменение настроек: что было и что стало."),
		}},
		{"modules", Words{"Modules", "Модули"}, Words{"What the API offers, and to whom.", "Что и кому предоставляет API."}, []KnownAction{
			act("see", "See modules", "Просмотр модулей", "This catalogue, and what is switched off.", "Этот список и что отключено."),
			act("edit", "Switch modules", "Включение и отключение модулей", "Can be switched off on the command line only.", "Отключается только из командной строки."),
		}},
		{"settings", Words{"Settings", "Настройки"}, Words{"What can be set while callgate runs.", "Что можно менять во время работы."}, []KnownAction{
			act("see", "See settings", "Просмотр настроек", "Settings, and where their values come from. Secrets are not shown.", "Настройки и откуда взяты их значения. Секреты не показываются."),
			act("edit", "Change settings", "Изменение настроек", "Changes settings, and tries what they are for.", "Изменяет настройки и проверяет, что они работают."),
		}},
	}
}

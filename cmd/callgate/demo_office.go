package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// demoOffice is the systems around a contact centre: one that asks the documented API, as it should and as it should not, one
// that is told what happens, and one that would be and is out of order.
type demoOffice struct {
	api    string // where callgate is
	logger *slog.Logger
}

// demoAsked is what they ask: who, how, where and what.
var demoAsked = [...]struct{ login, method, path, body string }{
	{demoLogin, "PUT", "/api/v1/sms/templates/order", `{"text":"Заказ {number} готов. Ждём вас до {time}."}`},
	{demoLogin, "PUT", "/api/v1/sms/templates/code", `{"text":"Код подтверждения: {code}. Никому его не сообщайте."}`},
	{demoLogin, "PUT", "/api/v1/sms/templates/delivery", `{"text":"Курьер приедет {day} с {from} до {to}.","project":"5566"}`},
	{demoLogin, "PUT", "/api/v1/sms/optouts/79190000007?project=1111", ""},
	{demoLogin, "POST", "/api/v1/sms/messages", `{"phone":"+7 919 000-00-01","template":"order","values":{"number":"1507","time":"20:00"},"project":"1111","originator":"SHOP"}`},
	{demoLogin, "POST", "/api/v1/sms/messages", `{"phone":"89190000002","text":"Your parcel has arrived.","project":"5566"}`},
	{demoLogin, "POST", "/api/v1/sms/messages", `{"phone":"89190000007","text":"Скидка 10 % до воскресенья","project":"1111"}`},
	{demoLogin, "POST", "/sms/send", `{"phone":"89190000003","message":"Вы обращались на горячую линию. Оцените разговор от 1 до 5 ответным сообщением. Спасибо, что вы с нами!","originator":"FRONTLINE","project":"9876"}`},
	{demoLogin, "GET", "/contact/queues", ""},
	{demoLogin, "POST", "/onlinestat/get", `{"project_id":"9876"}`},
	{demoLogin, "POST", "/onlinestat/get", `{"project_id":"4321"}`},
	{demoLogin, "POST", "/sms/send", `{"phone":"позвоните мне","message":"x"}`},
	{demoManager, "POST", "/sms/send", `{"phone":"89190000004","message":"x"}`},
	{demoManager, "GET", "/contact/queue", ""},
	{demoManager, "POST", "/contact/tier", `{`},
	{"", "GET", "/contact/queues", ""},
}

// Run lets them ask and be told until ctx ends.
func (d *demoOffice) Run(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for events: %w", err)
	}
	told := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(map[bool]int{true: http.StatusNoContent, false: http.StatusServiceUnavailable}[r.URL.Path == "/crm"])
	})}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return told.Serve(l) })
	all.Go(func() error {
		d.ask(ctx, "http://"+l.Addr().String())
		<-ctx.Done()
		return told.Close()
	})
	if err := all.Wait(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("be told of events: %w", err)
	}
	return nil
}

// ask asks all of it, once.
func (d *demoOffice) ask(ctx context.Context, told string) {
	tokens := map[string]string{"": ""}
	for _, login := range [...]string{demoLogin, demoManager} {
		var signedIn struct {
			Token string `json:"access_token"`
		}
		answer := d.put(ctx, "", "POST", "/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, login, demoPassword))
		if err := json.Unmarshal(answer, &signedIn); err != nil {
			d.logger.Warn("the office cannot sign in", "error", err)
			return
		}
		tokens[login] = signedIn.Token
	}
	const hook = `{"name":%q,"url":%q,"events":["call.ended","call.missed","sms.status"],"projects":[%s]}`
	d.put(ctx, tokens[demoLogin], "POST", "/api/v1/webhooks", fmt.Sprintf(hook, "CRM", told+"/crm", ""))
	d.put(ctx, tokens[demoLogin], "POST", "/api/v1/webhooks", fmt.Sprintf(hook, "Склад", told+"/stock", `"1111"`))
	for _, a := range demoAsked {
		d.put(ctx, tokens[a.login], a.method, a.path, a.body)
	}
}

// put asks one thing, and has what is answered, whatever it is; nothing when nobody answers.
func (d *demoOffice) put(ctx context.Context, token, method, path, body string) []byte {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+d.api+path, strings.NewReader(body))
	if err != nil {
		panic(err) // it stands above
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil // callgate is stopping, as we are
	}
	defer answer.Body.Close()
	told, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil
	}
	return told
}

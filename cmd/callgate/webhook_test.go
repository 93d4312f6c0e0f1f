package main

import "testing"

// TestWebhookCommands adds addresses, lists and removes them. A secret is shown once.
func TestWebhookCommands(t *testing.T) {
	const id = `[0-9a-f-]{36}`
	runCommands(t, []command{
		{"none", "", words("webhook list"), 0, `^ID +NAME +URL +EVENTS +PROJECTS +OWNER +STATE\n$`, ""},
		{"a user", "s3cret-s3cret\n", words("user add anna --right webhooks/edit --right calls/see"), 0, `.*`, ""},
		{"a project", "", words("project add 9876 --name P"), 0, `.*`, ""},
		{"add", "", words("webhook add crm https://crm.example.com/in?x=1 --event call.ended --event agent.state --project 9876"), 0, `^id ` + id + `\nsecret whsec_[A-Z2-7]{52}\n$`, ""},
		{"add for a user", "", words("webhook add his http://10.0.0.1:8080/ --event call.missed --user anna"), 0, `^id ` + id + `\nsecret `, ""},
		{"what he may not hear", "", words("webhook add his https://x/ --event sms.status --user anna"), 1, `^$`, "anna has no right to hear of sms.status"},
		{"for nobody", "", words("webhook add his https://x/ --event sms.status --user bob"), 1, `^$`, "not found User"},
		{"no such event", "", words("webhook add x https://x/ --event call.begun"), 1, `^$`, `"call.begun" is none`},
		{"no such project", "", words("webhook add x https://x/ --event call.ended --project 1"), 1, `^$`, "not found Project"},
		{"no URL", "", words("webhook add x ftp://x/ --event call.ended"), 1, `^$`, "want https://HOST"},
		{"a password in it", "", words("webhook add x https://a:b@x/ --event call.ended"), 1, `^$`, "want no name or password"},
		{"list", "", words("webhook list"), 0, `\n` + id + ` +crm +https://crm\.example\.com/in\?x=1 +call\.ended,agent\.state +9876 +- +active\n` + id +
			` +his +http://10\.0\.0\.1:8080/ +call\.missed +- +anna +active\n$`, ""},
		{"replay nothing in particular", "", words("webhook replay crm"), 2, `^$`, "want --event or --last"},
		{"replay what is not there", "", words("webhook replay crm --event evt_1"), 1, `^$`, "not found Delivery"},
		{"replay what failed", "", words("webhook replay crm --last 24h"), 0, `^0 deliveries are sent again\n$`, ""},
		{"remove", "", words("webhook remove crm"), 0, `^$`, ""},
		{"remove again", "", words("webhook remove crm"), 1, `^$`, "not found Webhook"},
		{"one is left", "", words("webhook list"), 0, `^[^\n]*\n[^\n]* his [^\n]*\n$`, ""},
	})
}

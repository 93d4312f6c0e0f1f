package legacy

import "context"

// auth is the module that hands out tokens.
func (f *Face) auth() {
	f.actions[path{"auth", "login"}] = action{open: true, noGET: true, run: f.login}
}

func (f *Face) login(ctx context.Context, q *request) (answer, error) {
	login, err := q.required("login")
	if err != nil {
		return answer{}, err
	}
	password, err := q.required("password")
	if err != nil {
		return answer{}, err
	}
	token, err := f.o.Accounts.SignIn(ctx, login, password, q.client())
	if err != nil {
		return answer{}, err
	}
	return answer{json: marshal(struct {
		Token string `json:"access_token"`
	}{token})}, nil
}

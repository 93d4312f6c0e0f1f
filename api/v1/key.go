package v1

import (
	"context"
	"time"

	"callgate/internal/account"
)

// Key is a key of a machine as it is listed.
type Key struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Rights    []string   `json:"rights" nullable:"false" doc:"Of these it has what its user has at the time."`
	Projects  []string   `json:"projects" nullable:"false" doc:"Of these it sees those that its user sees; none are all of his."`
	Networks  []string   `json:"networks" nullable:"false" doc:"Where requests may come from; none are anywhere."`
	IssuedAt  time.Time  `json:"issued_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"When it was used last, to a minute."`
}

func keyView(k *account.Key) Key {
	v := Key{ID: k.ID, Name: k.Name, Rights: rightTexts(k.Rights), Projects: append([]string{}, k.Projects...), Networks: []string{}, IssuedAt: k.Issued,
		ExpiresAt: someTime(k.Expires), UsedAt: someTime(k.Used)}
	for _, n := range k.Networks {
		v.Networks = append(v.Networks, n.String())
	}
	return v
}

type keyList struct{ Body []Key }

func (f *Face) keysOf(ctx context.Context, user int64) (*keyList, error) {
	all, err := f.o.Users.Keys(ctx, user)
	if err != nil {
		return nil, err
	}
	out := &keyList{Body: make([]Key, len(all))}
	for i := range all {
		out.Body[i] = keyView(&all[i])
	}
	return out, nil
}

func (f *Face) listKeys(ctx context.Context, who *asker, in *ByLogin) (*keyList, error) {
	u, err := f.o.Users.Look(ctx, who.Identity, in.Login)
	if err != nil {
		return nil, err
	}
	return f.keysOf(ctx, u.ID)
}

type newKey struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Key
		Secret string `json:"key" doc:"What goes into the header Authorization: Bearer … It is not told again."`
	}
}

func (f *Face) addKey(ctx context.Context, who *asker, in *struct {
	ByLogin
	Body struct {
		Name      string     `json:"name" maxLength:"64"`
		Rights    []string   `json:"rights" minItems:"1" maxItems:"200" uniqueItems:"true" nullable:"false" doc:"No more than the user has."`
		Projects  []string   `json:"projects,omitempty" maxItems:"1000" uniqueItems:"true" nullable:"false" doc:"No more than the user sees; without any, all of his."`
		Networks  []string   `json:"networks,omitempty" maxItems:"32" uniqueItems:"true" nullable:"false" doc:"Such as 192.0.2.0/24, or single addresses; without any, requests may come from anywhere."`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Without it the key does not expire."`
	}
}) (*newKey, error) {
	rights, err := parseRights(in.Body.Rights)
	if err != nil {
		return nil, err
	}
	k := account.Key{Name: in.Body.Name, Rights: rights, Projects: in.Body.Projects}
	if k.Networks, err = account.ParseNetworks(in.Body.Networks); err != nil {
		return nil, err
	}
	if in.Body.ExpiresAt != nil {
		k.Expires = *in.Body.ExpiresAt
	}
	out := &newKey{CacheControl: "no-store"}
	if k, out.Body.Secret, err = f.o.Users.AddKey(ctx, who.Identity, in.Login, k); err != nil {
		return nil, err
	}
	out.Body.Key = keyView(&k)
	return out, nil
}

func (f *Face) deleteKey(ctx context.Context, who *asker, in *struct {
	ByLogin
	ByID
}) (*struct{}, error) {
	return nil, f.o.Users.RemoveKey(ctx, who.Identity, in.Login, in.ID)
}

package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"callgate/internal/fault"
)

const (
	keyPrefix    = "cgk_"
	keySecret    = 20 // bytes, of which two digits each follow the prefix
	keysPerUser  = 50
	maxName      = 64 // characters of a key's or token's name
	maxNetworks  = 32
	maxKeyRights = 200
)

// Key is a key of a machine: it opens what its owner may, as far as it has rights and projects of its own. What is taken
// from the owner is taken from the key.
type Key struct {
	ID       int64
	UserID   int64 // the owner's
	Name     string
	Rights   []Right
	Projects []string       // empty means all of the owner's
	Networks []netip.Prefix // where requests may come from; empty means anywhere
	Issued   time.Time
	Expires  time.Time // zero is never
	Used     time.Time // about when it was used last, zero before
}

func keyForm(text string) bool {
	return len(text) == len(keyPrefix)+2*keySecret && strings.HasPrefix(text, keyPrefix) && lowerHex(text[len(keyPrefix):])
}

// AddKey makes a key for the owner of k and returns it with its text, which is known to nobody afterwards. by is on whose
// behalf: he manages the owner; nil is the machine's own administrator. The key has no rights and projects that its owner
// has not: fault.WrongField.
func (s *Service) AddKey(ctx context.Context, by *Identity, login string, k Key) (_ Key, text string, err error) {
	owner, err := s.owner(ctx, by, login)
	if err != nil {
		return Key{}, "", err
	}
	if err := s.checkKey(&owner, &k); err != nil {
		return Key{}, "", err
	}
	raw := make([]byte, keySecret)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return Key{}, "", fmt.Errorf("draw a key: %w", err)
	}
	text = keyPrefix + hex.EncodeToString(raw)
	k.UserID, k.Issued, k.Used = owner.ID, s.now(), time.Time{}
	if k.ID, err = s.store.AddKey(ctx, k, sha256.Sum256([]byte(text)), keysPerUser); err != nil {
		return Key{}, "", fmt.Errorf("add a key: %w", err)
	}
	s.log.Info("key added", "user", owner.ID, "key", k.ID)
	return k, text, nil
}

// owner finds a user whose keys somebody may change.
func (s *Service) owner(ctx context.Context, by *Identity, login string) (User, error) {
	if by == nil {
		user, _, err := s.store.User(ctx, login)
		if err == nil && user.Status == Deleted {
			err = fault.New(fault.NotFound, "Login")
		}
		if err != nil {
			return User{}, fmt.Errorf("look up a user: %w", err)
		}
		return user, nil
	}
	if by.Token == 0 {
		return User{}, denied("a key makes and ends no keys")
	}
	return s.Manage(ctx, by, login)
}

func (s *Service) checkKey(owner *User, k *Key) error {
	if err := checkReach(k.Rights, k.Projects); err != nil {
		return err
	}
	has := &Identity{Rights: owner.Rights, Projects: owner.Projects}
	n := utf8.RuneCountInString(k.Name)
	switch {
	case n == 0:
		return fault.New(fault.EmptyField, "name")
	case checkTokenName(k.Name) != nil:
		return checkTokenName(k.Name)
	case len(k.Rights) == 0:
		return fault.New(fault.EmptyField, "rights")
	case len(k.Rights) > maxKeyRights:
		return wrong("rights", "want at most 200")
	case len(k.Networks) > maxNetworks:
		return wrong("networks", "want at most 32")
	case !k.Expires.IsZero() && !k.Expires.After(s.now()):
		return wrong("expires_at", "want a time to come")
	}
	for _, r := range k.Rights {
		if !has.May(r.Module, r.Action) {
			return wrong("rights", "the owner has not "+r.String())
		}
	}
	for _, p := range k.Projects {
		if !has.Sees(p) {
			return wrong("projects", "the owner does not see "+p)
		}
	}
	return nil
}

// checkTokenName refuses a name that would spoil a list.
func checkTokenName(name string) error {
	if utf8.RuneCountInString(name) > maxName || !printable(name) || strings.TrimSpace(name) != name {
		return wrong("name", "want at most 64 printable characters without blanks around them")
	}
	return nil
}

// Keys lists a user's keys by name.
func (s *Service) Keys(ctx context.Context, user int64) ([]Key, error) {
	all, err := s.store.Keys(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return all, nil
}

// RemoveKey ends a key of a user on behalf of somebody, as AddKey has it; everybody ends his own. fault.NotFound "Key" when
// there is none of that id.
func (s *Service) RemoveKey(ctx context.Context, by *Identity, login string, id int64) error {
	user := int64(0)
	if by != nil && by.Login == login && by.Token != 0 {
		user = by.UserID
	} else {
		owner, err := s.owner(ctx, by, login)
		if err != nil {
			return err
		}
		user = owner.ID
	}
	err := s.store.RemoveKey(ctx, user, id)
	s.memory.changed()
	if err != nil {
		return fmt.Errorf("remove a key: %w", err)
	}
	return nil
}

// keyOpens is what a key opens: what both it and its owner have. No project at all is not to be taken for every project, so
// a key of which the owner sees none any more opens nothing.
func (s *Service) keyOpens(ctx context.Context, hash [sha256.Size]byte, now time.Time) (remembered, error) {
	owner, k, err := s.store.KeyOwner(ctx, hash, now)
	if err != nil {
		return remembered{}, err
	}
	who := &Identity{UserID: owner.ID, Login: owner.Login, Rights: common(k.Rights, owner.Rights), Projects: k.Projects}
	if len(k.Projects) == 0 {
		who.Projects = owner.Projects
	} else if has := (&Identity{Projects: owner.Projects}); len(owner.Projects) > 0 {
		who.Projects = slices.DeleteFunc(slices.Clone(k.Projects), func(p string) bool { return !has.Sees(p) })
		if len(who.Projects) == 0 {
			return remembered{}, badToken("a key of which the owner sees no project")
		}
	}
	r := remembered{who: who, expires: k.Expires, networks: k.Networks, key: k.ID, used: &atomic.Int64{}}
	if !k.Used.IsZero() {
		r.used.Store(k.Used.UnixMicro())
	}
	return r, nil
}

// common are the rights that both lists cover.
func common(a, b []Right) (both []Right) {
	for _, x := range a {
		for _, y := range b {
			module, ok := narrower(x.Module, y.Module)
			action, fits := narrower(x.Action, y.Action)
			if r := (Right{Module: module, Action: action}); ok && fits && !slices.Contains(both, r) {
				both = append(both, r)
			}
		}
	}
	return both
}

func narrower(a, b string) (string, bool) {
	switch {
	case a == Any:
		return b, true
	case b == Any || a == b:
		return a, true
	}
	return "", false
}

// within tells whether an address lies in one of the networks.
func within(networks []netip.Prefix, address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// ParseNetworks reads networks as 192.0.2.0/24, or single addresses. The failure is fault.WrongField "networks".
func ParseNetworks(texts []string) ([]netip.Prefix, error) {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		n, err := netip.ParsePrefix(text)
		if ip, single := netip.ParseAddr(text); single == nil && ip.Zone() == "" {
			ip = ip.Unmap()
			n, err = ip.Prefix(ip.BitLen())
		}
		if err != nil || n.Addr().Is4In6() {
			return nil, wrong("networks", "want networks such as 192.0.2.0/24 or addresses")
		}
		all[i] = n.Masked()
	}
	return all, nil
}

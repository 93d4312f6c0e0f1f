package store

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
)

// A call holds a connection for a few milliseconds: this many serve thousands of requests a second, and several
// replicas stay below PostgreSQL's usual hundred.
const postgresConnections = 16

const postgresDriver = "postgres" // as sqlx knows it

func (s *Store) openPostgres(ctx context.Context, address string) error {
	// A migration may take longer than any other statement.
	slow, err := postgresPool(address, 0)
	if err != nil {
		return err
	}
	defer slow.Close()
	provider, err := s.migrator(goose.DialectPostgres, slow.DB, "sqlite")
	if err != nil {
		return err
	}
	if err := migrate(ctx, provider); err != nil {
		return s.failed(err, "prepare the tables")
	}
	if s.write, err = postgresPool(address, s.timeout); err != nil {
		return err
	}
	s.read, s.address = s.write, address
	if err := s.openDuties(); err != nil {
		return err
	}
	return s.makeAhead(ctx)
}

// postgresPool makes a pool in which no statement takes longer than timeout; 0 is for ever.
func postgresPool(address string, timeout time.Duration) (*sqlx.DB, error) {
	address, err := postgresAddress(address, timeout)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnector(address)
	if err != nil {
		return nil, err
	}
	if timeout > 0 {
		connector.Dialer(dialer{silence: timeout + 2*time.Second}) // the server's own timeout comes first
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour)
	return sqlx.NewDb(db, postgresDriver), nil
}

// postgresAddress is the URL with what it does not say itself.
func postgresAddress(address string, timeout time.Duration) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("the URL cannot be read") // the error would quote it, password and all
	}
	q := u.Query()
	for name, value := range map[string]string{
		"application_name":  "callgate",
		"connect_timeout":   "5",
		"statement_timeout": strconv.FormatInt(timeout.Milliseconds(), 10),
		"binary_parameters": "yes", // one round trip a statement instead of two
		"jit":               "off", // compiling takes a second, no statement of ours does
	} {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// dialer makes connections that fail when the server falls silent in the middle of an answer. The driver reads only
// while it waits for one, and would wait for ever: it tells the server when a context ends, but goes on reading.
type dialer struct {
	net.Dialer
	silence time.Duration
}

// Dial, DialTimeout and DialContext are what the driver asks for.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout dials for at most timeout.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext dials until ctx ends.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &impatient{Conn: conn, silence: d.silence}, nil
}

// impatient gives every read and write a deadline.
type impatient struct {
	net.Conn
	silence time.Duration
}

func (c *impatient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *impatient) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

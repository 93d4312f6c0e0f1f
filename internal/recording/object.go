package recording

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"callgate/internal/fault"
)

// S3 is an S3-compatible store.
type S3 struct {
	Endpoint             string // http://HOST or https://HOST; empty for none
	Bucket, Region       string
	AccessKey, SecretKey string
	Prefix               string // of all keys
	DeleteLocal          bool   // the file goes once its object is verified
}

const (
	partSize   = 64 << 20 // a recording of over an hour in one piece: its ETag is then its MD5
	answerTime = 30 * time.Second
)

// objectClient keeps the client of the store as it was configured last.
type objectClient struct {
	mu        sync.Mutex
	of        S3
	client    *minio.Client
	transport *http.Transport
}

// get returns the client of the store.
func (c *objectClient) get(s S3) (*minio.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil && c.of == s {
		return c.client, nil
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || s.Endpoint == "" {
		return nil, errors.New("no object store is configured")
	}
	transport, err := minio.DefaultTransport(u.Scheme == "https")
	if err != nil {
		return nil, fmt.Errorf("reach the object store: %w", err)
	}
	transport.Proxy, transport.ResponseHeaderTimeout = nil, answerTime
	client, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""),
		Secure: u.Scheme == "https", Region: s.Region, Transport: transport, MaxRetries: 1})
	if err != nil {
		return nil, fmt.Errorf("reach the object store: %w", err)
	}
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
	c.of, c.client, c.transport = s, client, transport
	return client, nil
}

func (c *objectClient) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// denied tells whether the store does not know our credentials, or lets them do nothing.
func denied(err error) bool {
	switch code(err) {
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
		return true
	}
	return false
}

// code is what the store calls a failure; empty when it is none of the store's.
func code(err error) string {
	e, _ := errors.AsType[minio.ErrorResponse](err)
	return e.Code
}

// digests are those of a file, hexadecimal: MD5 because an ETag is one, SHA-256 because it can be relied on.
type digests struct{ md5, sha256 string }

func digest(r io.Reader) (digests, int64, error) {
	m, s := md5.New(), sha256.New()
	n, err := io.Copy(io.MultiWriter(m, s), r)
	if err != nil {
		return digests{}, n, fmt.Errorf("read a recording: %w", err)
	}
	return digests{hex.EncodeToString(m.Sum(nil)), hex.EncodeToString(s.Sum(nil))}, n, nil
}

// sumHeader is the metadata that an object of ours has beside its content.
const sumHeader = "Callgate-Sha256"

// putObject copies a file to the store and verifies it there. A good copy that is there already is left as it is: the
// process that made it did not live to say so.
func putObject(ctx context.Context, c *minio.Client, bucket, key string, file io.ReadSeeker, size int64, sums digests) error {
	info, err := c.StatObject(ctx, bucket, key, minio.StatObjectOptions{})
	if err == nil && info.Size == size && verify(ctx, c, bucket, key, info, sums) == nil {
		return nil
	}
	if err != nil && code(err) != minio.NoSuchKey {
		return fmt.Errorf("look for an object: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read a recording: %w", err)
	}
	if _, err := c.PutObject(ctx, bucket, key, file, size, minio.PutObjectOptions{ContentType: "audio/wav", SendContentMd5: true,
		PartSize: partSize, UserMetadata: map[string]string{sumHeader: sums.sha256}}); err != nil {
		return fmt.Errorf("copy a recording: %w", err)
	}
	if info, err = c.StatObject(ctx, bucket, key, minio.StatObjectOptions{}); err != nil {
		return fmt.Errorf("look for the copy of a recording: %w", err)
	}
	if info.Size != size {
		return fmt.Errorf("the copy of a recording has %d bytes, not %d", info.Size, size)
	}
	return verify(ctx, c, bucket, key, info, sums)
}

// verify compares the content of an object with ours: by its ETag where that is an MD5, else by reading it back.
func verify(ctx context.Context, c *minio.Client, bucket, key string, info minio.ObjectInfo, sums digests) error {
	if strings.EqualFold(strings.Trim(info.ETag, `"`), sums.md5) {
		return nil
	}
	back, err := c.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return fmt.Errorf("read the copy of a recording: %w", err)
	}
	defer back.Close()
	there, _, err := digest(back)
	if err != nil {
		return fmt.Errorf("read the copy of a recording: %w", err)
	}
	if there.sha256 != sums.sha256 {
		return errors.New("the copy of a recording differs from it")
	}
	return nil
}

// openObject opens a copy; what is read of it is fetched by ranges.
func (l *Library) openObject(ctx context.Context, e Entry) (*File, error) {
	s := l.o.Plan().S3
	client, err := l.objects.get(s)
	if err != nil {
		return nil, fault.Wrap(fault.OutsideDown, err, "open recording")
	}
	object, err := client.GetObject(ctx, s.Bucket, e.Object, minio.GetObjectOptions{})
	if err != nil {
		return nil, fault.Wrap(fault.OutsideDown, err, "open recording")
	}
	info, err := object.Stat()
	if err != nil {
		_ = object.Close()
		if code(err) == minio.NoSuchKey {
			return nil, &fault.Error{Kind: fault.NotFound, Subject: "ID", Err: err}
		}
		return nil, fault.Wrap(fault.OutsideDown, err, "open recording")
	}
	return &File{ReadSeekCloser: object, Size: info.Size, Modified: info.LastModified, Entry: e}, nil
}

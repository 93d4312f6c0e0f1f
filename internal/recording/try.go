package recording

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
)

// Try does in an object store what is done with recordings, with an object of its own that it deletes again: each thing as a
// step, until one of them says that it went wrong. roots are those that the store's certificate is verified by, nil for the
// system's.
func Try(ctx context.Context, s S3, roots *x509.CertPool, step func(did string, do func() error) bool) {
	var objects objectClient
	defer objects.close()
	var client *minio.Client
	key, content := s.Prefix+"callgate-test-"+uuid.NewString(), []byte("callgate tries whether it can keep recordings here")
	_ = step("the bucket is there", func() (err error) {
		if s.Bucket == "" || s.AccessKey == "" || s.SecretKey == "" {
			return errors.New("bucket, access key or secret key is not set")
		}
		if client, err = objects.get(s); err != nil {
			return err
		}
		if roots != nil {
			objects.transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		}
		there, err := client.BucketExists(ctx, s.Bucket)
		if err == nil && !there {
			err = errors.New("there is no bucket " + s.Bucket)
		}
		return err
	}) && step("an object was written", func() error {
		_, err := client.PutObject(ctx, s.Bucket, key, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{SendContentMd5: true})
		return err
	}) && step("it was read back", func() error {
		object, err := client.GetObject(ctx, s.Bucket, key, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		defer object.Close()
		back, err := io.ReadAll(io.LimitReader(object, 1<<10))
		if err == nil && !bytes.Equal(back, content) {
			err = fmt.Errorf("what comes back is not what was written: %d bytes", len(back))
		}
		return err
	}) && step("it was deleted", func() error { return client.RemoveObject(ctx, s.Bucket, key, minio.RemoveObjectOptions{}) })
}

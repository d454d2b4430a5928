package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The place for files is a server that speaks S3 and keeps them in a folder: one, for
// what is tried here is the rest. Where it cannot be built a shared folder stands for it.
const s3Module = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

func (c *cluster) startFiles(ctx context.Context) error {
	c.files = filepath.Join(c.dir, "files")
	c.kept = c.files
	if err := os.MkdirAll(c.files, 0o755); err != nil {
		return err
	}
	if err := c.own(c.files); err != nil {
		return err
	}
	program, err := exec.LookPath("versitygw")
	if err != nil {
		cache := filepath.Join(os.TempDir(), "cchc-ha-programs")
		program = filepath.Join(cache, "versitygw")
		if _, err := os.Stat(program); err != nil {
			say("building %s", s3Module)
			if _, err := command(ctx, os.TempDir(), append(os.Environ(), "GOBIN="+cache, "GOFLAGS=-mod=mod"), "go", "install", s3Module); err != nil {
				say("no S3: %v", err)
				return nil
			}
		}
	}
	free, err := ports(1)
	if err != nil {
		return err
	}
	c.kept = filepath.Join(c.files, "cchc") // the bucket
	if err := os.MkdirAll(c.kept, 0o755); err != nil {
		return err
	}
	if err := c.own(c.files); err != nil {
		return err
	}
	at := fmt.Sprintf("127.0.0.1:%d", free[0])
	c.s3 = &process{name: "versitygw", args: []string{program, "--port", at, "posix", c.files}, dir: c.dir, log: filepath.Join(c.dir, "s3.log"), as: c.as,
		env: []string{"ROOT_ACCESS_KEY=cchc", "ROOT_SECRET_KEY=" + secret}}
	if err := c.s3.start(); err != nil {
		return err
	}
	c.files = "s3://cchc?endpoint=http://" + at
	return until(ctx, 20*time.Second, "the S3 server", func() bool {
		a, err := http.Get("http://" + at)
		if err == nil {
			a.Body.Close()
		}
		return err == nil
	})
}

// objects is how many files the place holds.
func (c *cluster) objects() (n int) {
	filepath.WalkDir(c.kept, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			n++
		}
		return nil
	})
	return n
}

// credentials are those of the S3 server, for cchc.
func (c *cluster) credentials() []string {
	return []string{"AWS_ACCESS_KEY_ID=cchc", "AWS_SECRET_ACCESS_KEY=" + secret}
}

func (c *cluster) filesAbout() string {
	if strings.HasPrefix(c.files, "s3://") {
		return "an S3 server (versitygw 1.8.0, one)"
	}
	return "a shared folder: no S3 server could be built"
}

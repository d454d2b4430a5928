// Command pocketbase is the peer of the measurements: PocketBase as it comes,
// nothing set.
package main

import (
	"log"

	"github.com/pocketbase/pocketbase"
)

func main() {
	if err := pocketbase.New().Start(); err != nil {
		log.Fatal(err)
	}
}

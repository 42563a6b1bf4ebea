// Serves what Argo CD asks of Redis, from memory, until it is ended:
//
//	redis HOST:PORT
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: redis HOST:PORT")
		os.Exit(64)
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1)
	}
	// Its clock stands unless it is pushed: what expires would stay.
	const tick = time.Second
	for range time.Tick(tick) {
		server.FastForward(tick)
	}
}

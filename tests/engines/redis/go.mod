// What Argo CD keeps its cache in, for the end-to-end tests: a server in the place of Redis, whose own no Go module has.
module helm-clearml-certs/tests/engines/redis

go 1.26.0

require github.com/alicebob/miniredis/v2 v2.35.0

require github.com/yuin/gopher-lua v1.1.1 // indirect

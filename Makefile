# The two commands: make run, make test. What they need they make themselves.

VENDOR := base/web/static/vendor
SHELL  := /bin/sh

.PHONY: chaos soak fuzz ha run build assets generate test bench dist reproduce matrix policy

# run builds what changed, and serves an illustration on http://127.0.0.1:8080.
run: build
	./cchc demo

# build makes the one static binary, and the small one for who has only a receipt. Go's
# own cache knows what changed.
build: $(VENDOR)/.done
	CGO_ENABLED=0 go build -o cchc .
	CGO_ENABLED=0 go build -o cchc-receipt ./cmd/cchc-receipt

# assets copies the front-end libraries out of npm's packages, at the versions of
# package-lock.json. Nothing of npm runs in the product.
assets: $(VENDOR)/.done

$(VENDOR)/.done: package.json package-lock.json Makefile
	npm ci --no-audit --no-fund --ignore-scripts
	rm -rf $(VENDOR) && mkdir -p $(VENDOR)
	grep -v sourceMappingURL= node_modules/@tabler/core/dist/css/tabler.min.css > $(VENDOR)/tabler.min.css
	cp node_modules/htmx.org/dist/htmx.min.js $(VENDOR)/htmx.min.js
	cp node_modules/echarts/dist/echarts.common.min.js $(VENDOR)/echarts.min.js
	cp node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2 $(VENDOR)/inter-latin.woff2
	cp node_modules/@fontsource-variable/inter/files/inter-vietnamese-wght-normal.woff2 $(VENDOR)/inter-vietnamese.woff2
	touch $@

# generate renews code made from templates; it is committed, and tests compare.
generate:
	go tool templ generate

# matrix renews the table of who may do what (app/testdata/matrix.txt) after a change
# that is meant, a new route say. Read the difference before it is committed.
matrix:
	go test ./app -run 'TestTheMatrix$$' -renew-matrix
	git --no-pager diff --stat -- app/testdata/matrix.txt

# policy writes the policy of roles, verbs, acts and states down for people
# (docs/security/policy.md and .vi.md) after a change that is meant.
policy:
	go test ./base/auth -run 'TestThePolicyIsWrittenDown$$' -renew-policy
	git --no-pager diff --stat -- docs/security

# test runs that must pass; what that needs it installs when it may.
test:
	./scripts/test

# dist writes to dist/ what is given to others.
dist: assets
	./scripts/dist

# reproduce builds the last commit twice, as if on two machines, and compares the bytes.
reproduce:
	./scripts/reproduce

# bench measures, beside PocketBase and the raw engines, and writes bench/RESULTS.md.
bench: assets
	./scripts/bench

# ha brings a cluster of three machines up on this one, kills parts of it under load, and
# writes what that cost into a section of bench/RESULTS.md.
ha: assets
	./scripts/needs ha
	go run ./bench/ha

# soak works for an hour (SOAK=10m for less) as a province does on its morning peak, on
# the demonstration's data (SOAK_DOSSIERS) in SQLite, or in PostgreSQL with TEST_POSTGRES,
# and wants memory, goroutines and files flat and everything recounted. Then it asks the
# API a million questions of its own description's shape (FUZZ_REQUESTS, FUZZ_SEED), and
# fills in every form fifty times over (FORM_ROUNDS, FORM_SEED).
soak:
	SOAK=$${SOAK:-1h} SOAK_DOSSIERS=$${SOAK_DOSSIERS:-32100} go test . -run '^TestSoak$$' -v -timeout 0
	FUZZ_REQUESTS=$${FUZZ_REQUESTS:-1000000} go test ./app -run '^TestNoRequestOf' -v -timeout 0
	FORM_ROUNDS=$${FORM_ROUNDS:-50} go test ./app -run '^(TestNoFormBreaksAPage|TestFilesAreNotedAndFormsBreakNothing)$$' -v -timeout 0

# fuzz runs every fuzz target of the repository for FUZZ_TIME (30s) each, one after the
# other; what is found is printed, and kept beside the target as a seed.
fuzz: assets
	./scripts/fuzz

# chaos breaks one thing after the other under load, and moves the clock, for MINUTES
# (10) and writes the section Faults of bench/RESULTS.md. As root.
chaos: assets
	./scripts/chaos $(MINUTES)

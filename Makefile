# What a developer does, a line each; what it takes is in scripts/, a file per target.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
stage := scripts/stage.sh

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## build and start the server with the demo; RUN_FOR=30s: try it for that long and stop
	@scripts/run.sh

.PHONY: build
build: web ## build bin/hubbub with the real page in it
	@$(stage) "build" scripts/build.sh

.PHONY: web
web: ## build the page; needs Node
	@$(stage) "page" scripts/web.sh

.PHONY: test
test: ## all tests, with what they need installed, engines too; 30 minutes at most
	@scripts/test.sh

.PHONY: test-quick
test-quick: ## unit tests alone, in their short form
	@$(stage) "unit tests" scripts/test-quick.sh

.PHONY: test-kill
test-kill: build ## SIGKILL under load, KILLS=100 times
	@$(stage) "kill test" scripts/test-kill.sh

.PHONY: test-faults
test-faults: build ## what is done for each promise, as a table; FULL=1: 100 kills and more; KILLS=, ROUNDS=
	@$(stage) "faults" scripts/test-faults.sh

.PHONY: test-fresh
test-fresh: ## run and test a fresh clone in a bare environment
	@$(stage) "fresh clone" scripts/test-fresh.sh

.PHONY: lint
lint: ## golangci-lint with .golangci.yml
	@$(stage) "lint" scripts/lint.sh

.PHONY: fuzz
fuzz: ## fuzz every parser, FUZZTIME=1m each
	@$(stage) "fuzz" scripts/fuzz.sh

.PHONY: test-engines
test-engines: ## the adapters of Kafka, Redis, Cassandra, MySQL and Spark, and the engines themselves, alone
	@scripts/test-engines.sh

.PHONY: test-cluster
test-cluster: build ## the promises on real engines, and the kill matrix: each part of a cluster killed, stopped, restarted under load; SHORT=1
	@$(stage) "cluster" scripts/test-cluster.sh

.PHONY: test-security
test-security: build ## engines with passwords, TLS and a user of few rights: the promises, and what who is refused is told
	@$(stage) "security" scripts/test-security.sh

.PHONY: flink-job
flink-job: ## build bin/hubbub-flink.jar, the analysis as a job of Flink
	@$(stage) "flink job" scripts/flink-job.sh

.PHONY: test-flink
test-flink: build flink-job ## the job on a real Flink: the same results as one program, and after TaskManagers, children and the JobManager were killed, and rescaled
	@$(stage) "flink" scripts/test-flink.sh

.PHONY: engines
engines: ## install Kafka, Flink, Cassandra, Redis, MySQL, Spark, nginx and Prometheus into the cache
	@$(stage) "engines" scripts/engines.sh

.PHONY: cluster-up
cluster-up: build ## start all engines and hubbub in all its roles; CLUSTER_FLAGS="--chat 4 --listen 127.0.0.1:9000"
	@scripts/cluster.sh up

.PHONY: cluster-down
cluster-down: ## stop what cluster-up started; its data stays
	@scripts/cluster.sh down

.PHONY: cluster-status
cluster-status: ## show the processes of the cluster
	@scripts/cluster.sh status

.PHONY: bench
bench: ## benchmarks of the Go packages; BENCH=regexp
	@$(stage) "benchmarks" scripts/bench.sh

.PHONY: bench-reach
bench-reach: build ## what has to be reached, beside what is measured; REACH=packages,start,size,reference,people
	@$(stage) "what has to be reached" env HUBBUB_CLIENTS="$$(scripts/prerequisites.sh --where)" go run ./test/reach -only "$(REACH)"

.PHONY: bench-cluster
bench-cluster: build ## what a cluster has to reach, beside what is measured; REACH=reference,produce,archiver,relay,faults DURATION=300s CELLS=file OUT=folder
	@$(stage) "what a cluster has to reach" go run ./test/reach -cluster -only "$(REACH)" -duration "$(or $(DURATION),300s)" -cells "$(CELLS)" -out "$(OUT)"

.PHONY: bench-lab
bench-lab: build ## the lab against an independent load generator, FANLOAD=its binary
	@$(stage) "lab against fanload" scripts/bench-lab.sh

.PHONY: bench-aa
bench-aa: build ## runs of one configuration held against each other; RUNS=8 DURATION=300 OUT=folder
	@$(stage) "one configuration against itself" scripts/bench-aa.sh

.PHONY: gen
gen: ## regenerate committed generated code
	@$(stage) "generate" scripts/gen.sh

.PHONY: doctor
doctor: ## name what is missing on this machine and how to get it
	@scripts/doctor.sh

.PHONY: clean
clean: ## remove what was built here
	@rm -rf bin web/node_modules && find web/dist -mindepth 1 ! -name .gitkeep -delete

# The commands of the project; `make` lists them. Building, running and testing need only a JDK (17 or later) and Maven.
#   REDIS_URL=redis://…   run, seed: use that Redis instead of starting one
#   REDIS=embedded|local|testcontainers   where tests and dev-run get a Redis: the embedded executable
#     (the default), the redis-server on the PATH, or Docker
#   TRANSPORT=auto|io_uring|epoll|nio   how the proxies of tests read and write sockets
#   ARGS=…                more arguments: of the proxy for run, of Maven for test, unit and it

.DEFAULT_GOAL := help
.PHONY: help build aot run dev-run test unit it it-clients it-browser it-docker lint mutation coverage bench bench-reads bench-clients bench-sweep probe restarts attack consistency soak fuzz sbom up stop restart seed cli fmt check clean tools

MVN := $(if $(wildcard mvnw),./mvnw,mvn)
MAVEN := $(MVN) -B -ntp
JAVA := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/java,java)
COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

JAR := target/redis-proxy.jar
TEST_CLASSPATH := target/test-classpath
CLASSPATH_GOAL := org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath
RUN_TEST_CODE = $(JAVA) $(TEST_FLAGS) -cp target/test-classes:target/classes:$$(cat $<)
TEST_FLAGS := $(if $(REDIS),-Dredis=$(REDIS)) $(if $(TRANSPORT),-Dtransport=$(TRANSPORT))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: tools ## Build target/redis-proxy.jar, without tests
	$(MAVEN) -q -Dmaven.test.skip=true package

aot: $(JAR) ## Make the AOT cache of this JDK beside the jar, for faster starts (docs/performance.md)
	$(JAVA) src/test/java/redisproxy/dev/Training.java

run: ## Start the proxy and a Redis with sample keys, or the proxy before REDIS_URL
ifeq ($(strip $(REDIS_URL)),)
run: dev-run
else
run: $(JAR)
	@exec bin/redis-proxy $(ARGS)
endif

dev-run: $(TEST_CLASSPATH) ## Start the proxy and a Redis with sample keys
	@exec $(RUN_TEST_CODE) redisproxy.dev.DevRun $(ARGS)

test: tools ## Run every test that needs only a JDK and Maven
	$(MAVEN) verify $(TEST_FLAGS) $(ARGS)

unit: tools ## Run the pure tests only (*Test): a minute
	$(MAVEN) test $(TEST_FLAGS) $(ARGS)

# Two Maven runs: -DskipTests would skip the second's tests too.
it: tools ## Run the integration tests only
	$(MAVEN) -q -DskipTests package
	$(MAVEN) surefire:test@it $(TEST_FLAGS) $(ARGS)

it-clients: tools ## Compare sessions of Node's client libraries with Redis and with the proxy (needs node and npm)
	npm ci --prefix src/test/node --no-audit --no-fund
	$(MAVEN) -q -DskipTests package
	$(MAVEN) -q surefire:test@it -Dtest.groups=node $(TEST_FLAGS) $(ARGS)

it-browser: tools ## Test the dashboard in a real browser (needs chromium and chromedriver)
	@command -v chromedriver >/dev/null || \
	  { echo "redis-proxy: no chromedriver; on Debian: apt-get install chromium chromium-driver" >&2; exit 1; }
	$(MAVEN) -q -DskipTests package
	$(MAVEN) -q surefire:test@it -Dtest.groups=browser $(TEST_FLAGS) $(ARGS)

it-docker: tools ## Run the integration tests with Redis in Docker, and the image's tests
	$(MAVEN) -q -DskipTests package
	$(MAVEN) surefire:test@it -Dredis=testcontainers '-Dtest.groups=!node & !browser' $(ARGS)

lint: tools ## Look for bugs in the bytecode (SpotBugs, FindSecBugs); every build runs Error Prone
	$(MAVEN) -q -Plint compile spotbugs:check

mutation: tools ## Check that tests notice small changes to the cache, RESP, limits and snapshots (PIT)
	$(MAVEN) -q -Pmutation test-compile pitest:mutationCoverage $(ARGS)

coverage: tools ## Run every test and report which code has run (target/site/jacoco)
	$(MAVEN) -Pcoverage verify $(TEST_FLAGS) $(ARGS)

bench: $(TEST_CLASSPATH) ## Measure the proxy beside other servers (bench/run)
	bench/run
	bench/reads

bench-reads: $(TEST_CLASSPATH) ## Measure cached reads other than GET beside redis-server (bench/reads)
	bench/reads

bench-clients: $(TEST_CLASSPATH) ## Measure 10,000 clients, scripts and sorts beside redis-server and twemproxy (bench/clients)
	bench/clients

bench-sweep: $(TEST_CLASSPATH) ## Measure the proxy over value sizes, connections, pipelines, hit ratios, keys (bench/sweep)
	bench/sweep

probe: $(TEST_CLASSPATH) ## Measure how stale a read can be (docs/freshness.md)
	@exec $(RUN_TEST_CODE) redisproxy.probe.Probe

fuzz: $(TEST_CLASSPATH) ## Send broken and hostile input to every parser (CONTRIBUTING.md)
	@exec $(RUN_TEST_CODE) redisproxy.fuzz.Fuzz

consistency: $(TEST_CLASSPATH) ## Break everything and compare clients' replies with Redis's log (SECONDS=1800 SEED=…)
	@exec $(RUN_TEST_CODE) redisproxy.consistency.Consistency

soak: $(TEST_CLASSPATH) ## Check that memory and connections do not grow in an hour of load (MINUTES=60)
	@exec $(RUN_TEST_CODE) redisproxy.soak.Soak

attack: $(TEST_CLASSPATH) ## Attack the proxy in a small heap and measure what it holds (ATTACKS=, SECONDS=, HEAP=)
	@exec $(RUN_TEST_CODE) redisproxy.attack.Attack

restarts: tools ## Stop the packaged proxy a hundred times under full load; no reply may break
	$(MAVEN) -q -DskipTests package
	$(MAVEN) -q surefire:test@it -Dtest=RestartsIT -Dtest.restarts=100 $(TEST_FLAGS) $(ARGS)

sbom: tools ## List what is in the jar (target/redis-proxy.sbom.json) and check its licences
	$(MAVEN) -q -Psbom -Dmaven.test.skip=true package
	$(JAVA) src/test/java/redisproxy/dev/Licences.java target/redis-proxy.sbom.xml

up: ## Start proxy and Redis with Docker Compose: HTTP on 8000, RESP on 8001
	$(COMPOSE) up --build --detach

stop: ## Stop what `up` started; Redis keeps its keys
	$(COMPOSE) stop

restart: stop up ## Stop, build again, start

seed: ## Write the sample keys to the Redis of `up`, or of REDIS_URL
ifeq ($(strip $(REDIS_URL)),)
	$(COMPOSE) exec -T redis redis-cli <bin/samples.redis
else
	@redis-cli -u "$$REDIS_URL" <bin/samples.redis
endif

cli: ## Open redis-cli on the proxy
	@if command -v redis-cli >/dev/null; then exec redis-cli -p $${RESP_PORT:-8001}; \
	else exec $(COMPOSE) exec redis redis-cli -h proxy -p 8001; fi

fmt: tools ## Format the Java code
	$(MAVEN) -q spotless:apply

check: tools ## Check the format of the Java code
	$(MAVEN) -q spotless:check

clean: tools ## Remove all build output
	$(MAVEN) -q clean

tools:
	@bin/check-tools $(MVN)

# Built again only when one of their sources has changed.
$(JAR): pom.xml $(shell find src/main -type f) | tools
	$(MAVEN) -q -Dmaven.test.skip=true package
	@touch $@

$(TEST_CLASSPATH): pom.xml $(shell find src -type f) | tools
	$(MAVEN) -q -DskipTests package $(CLASSPATH_GOAL) -Dmdep.includeScope=test -Dmdep.outputFile=$@
	@touch $@ $(JAR)

# Thin: every target is one script or one command that also works without make.
.PHONY: run test test-long dev bench coverage docs

run:
	@sh scripts/run.sh

test:
	@sh scripts/test.sh

test-long:
	@sh scripts/test-long.sh

dev:
	@sh scripts/dev.sh

bench:
	@sh scripts/bench.sh

coverage:
	@sh scripts/coverage.sh

docs:
	@sh scripts/docs.sh

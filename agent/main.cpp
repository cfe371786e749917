// honeyswitch-agent: the explorer of one or more broadcast domains.
#include <cstdio>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>

#include "agent/agent.hpp"
#include "agent/command_line.hpp"

using namespace honeyswitch::agent;

namespace {

constexpr int failed_while_running = 1;
constexpr int bad_options = 2;

int fail(int code, const Error& error) {
    fmt::print(stderr, "honeyswitch-agent: {}\n", error.message());
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    const auto command = parse_command_line(argc, argv);
    if (!command) return command.error();
    if (!command->keygen.empty()) {
        const auto written = generate_key(command->keygen);
        return written ? 0 : fail(failed_while_running, written.error());
    }
    spdlog::set_level(spdlog::level::from_str(command->options.log_level));
    auto agent = Agent::create(command->options);
    if (!agent) return fail(bad_options, agent.error());
    const auto ran = (*agent)->run();
    return ran ? 0 : fail(failed_while_running, ran.error());
}

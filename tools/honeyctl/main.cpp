// honeyctl: the operator's command line.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "control/config.hpp"
#include "tools/honeyctl/commands.hpp"
#include "tools/honeyctl/connection.hpp"

namespace honeyswitch::honeyctl {
namespace {

constexpr int failed = 1, bad_options = 2;

/// Standard output, as a sink.
class Output {
  public:
    bool write(std::string_view text) {
        while (!text.empty() && error_ == 0) {
            const auto size = ::write(STDOUT_FILENO, text.data(), text.size());
            if (size >= 0)
                text.remove_prefix(static_cast<std::size_t>(size));
            else if (errno != EINTR)
                error_ = errno;
        }
        return error_ == 0;
    }
    /// The reader of a pipe may leave when it has seen enough (`honeyctl sessions | head`).
    [[nodiscard]] CommandResult result() const {
        if (error_ == 0 || error_ == EPIPE) return {};
        return std::unexpected("cannot write: " + std::generic_category().message(error_));
    }
    [[nodiscard]] bool closed() const { return error_ != 0; }

  private:
    int error_ = 0;
};

struct Options {
    std::string socket = control::Config{}.control_socket;
    std::string source, destination;
    Selection selection;
    double watch_seconds = 0;  ///< 0: once
    const Command* command = nullptr;
};

void add_selection(CLI::App& app, Options& options, std::string_view command) {
    app.add_flag("--json", options.selection.json, "Print one JSON document");
    if (command == "stats") {
        app.add_option("--watch", options.watch_seconds, "Print again every so many seconds, with rates")
            ->type_name("SECONDS")
            ->check(CLI::Range(0.1, 86'400.0));
        return;
    }
    app.add_option("--limit", options.selection.limit, "At most so many rows")->type_name("N");
    if (command == "agents") return;
    app.add_option("--destination", options.destination, "Only addresses of the campus in this prefix")
        ->type_name("PREFIX");
    if (command != "flows" && command != "sessions") return;
    app.add_option("--source", options.source, "Only sessions from this prefix")->type_name("PREFIX");
    if (command == "flows")
        app.add_flag("--replies", options.selection.replies, "Also the way back of each session");
}

std::expected<void, std::string> read_prefix(const std::string& text, std::string_view option,
                                             agent::Ipv4Prefix& prefix) {
    if (text.empty()) return {};
    // An address alone is the prefix of one address.
    const auto parsed = agent::parse_prefix(text.contains('/') ? text : text + "/32");
    if (!parsed) return std::unexpected(fmt::format("{}: {}", option, parsed.error()));
    prefix = *parsed;
    return {};
}

CommandResult watch_stats(const Ask& ask, const Options& options, Output& output) {
    using Clock = std::chrono::steady_clock;
    Json before;
    Clock::time_point read_before;
    while (true) {
        Json now;
        auto read = each_row(ask, "stats", {}, [&](const Json& row) {
            now = row;
            return false;
        });
        if (!read) return read;
        const auto read_now = Clock::now();
        const double seconds = std::chrono::duration<double>(read_now - read_before).count();
        output.write(options.selection.json
                         ? now.dump() + "\n"
                         : stats_text(now, before.is_null() ? nullptr : &before, seconds) + "\n");
        if (output.closed()) return output.result();
        before = std::move(now);
        read_before = read_now;
        std::this_thread::sleep_for(std::chrono::duration<double>(options.watch_seconds));
    }
}

CommandResult run_options(const Options& options) {
    auto connection = Connection::open(options.socket);
    if (!connection) return std::unexpected(connection.error());
    const Ask ask = [&](const Json& request) { return connection->ask(request); };
    Output output;
    if (options.watch_seconds > 0) return understood([&] { return watch_stats(ask, options, output); });
    const Sink sink = [&](std::string_view text) { return output.write(text); };
    auto done = understood([&] { return options.command->run(ask, options.selection, sink); });
    return done ? output.result() : done;
}

int report(int code, const std::string& message) {
    std::fputs(fmt::format("honeyctl: {}\n", message).c_str(), stderr);
    return code;
}

/// What is wrong with the command line: a word that is no command, or what the parser says.
std::string misuse(const CLI::App& app, std::string_view reason) {
    const auto rest = app.remaining();
    return fmt::format("{}\nTry honeyctl --help.",
                       rest.empty() ? reason : fmt::format("unknown command or option '{}'", rest.front()));
}

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Shows what a running honeyswitch does.", "honeyctl"};
    app.set_version_flag("--version", "honeyctl " HONEYSWITCH_VERSION, "Print the version and exit");
    app.add_option("--socket", options.socket, "The switch's control socket")
        ->type_name("PATH")
        ->capture_default_str();
    app.require_subcommand(1);
    for (const auto& command : commands()) {
        auto* const sub = app.add_subcommand(std::string(command.name), std::string(command.help));
        sub->fallthrough();
        add_selection(*sub, options, command.name);
        sub->callback([&options, &command] { options.command = &command; });
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked_for) {  // help or version
        return app.exit(asked_for);
    } catch (const CLI::ParseError& error) {
        return report(bad_options, misuse(app, error.what()));
    }
    for (auto read : {read_prefix(options.source, "--source", options.selection.source),
                      read_prefix(options.destination, "--destination", options.selection.destination)})
        if (!read) return report(bad_options, read.error());
    std::signal(SIGPIPE, SIG_IGN);
    const auto done = run_options(options);
    return done ? 0 : report(failed, done.error());
}

}  // namespace
}  // namespace honeyswitch::honeyctl

int main(int argc, char** argv) {
    try {
        return honeyswitch::honeyctl::main(argc, argv);
    } catch (const std::exception& error) {  // of the libraries: out of memory
        std::fputs(error.what(), stderr);
        return 1;
    }
}

// honeyctl: the operator's command line.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "tools/honeyctl/command_line.hpp"
#include "tools/honeyctl/connection.hpp"
#include "tools/honeyctl/wall_clock.hpp"

namespace honeyswitch::honeyctl {
namespace {

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

/// A document on one line, of the shape of all others.
std::string as_json(const Json& row) {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return Json{{"time", iso_time(now)}, {"rows", Json::array({with_times(row, now)})}}.dump();
}

CommandResult watch_stats(const Ask& ask, const CommandLine& line, Output& output) {
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
        output.write(line.selection.json
                         ? as_json(now) + "\n"
                         : stats_text(now, before.is_null() ? nullptr : &before, seconds) + "\n");
        if (output.closed()) return output.result();
        before = std::move(now);
        read_before = read_now;
        std::this_thread::sleep_for(std::chrono::duration<double>(line.watch_seconds));
    }
}

/// The exit code.
std::expected<int, std::string> run_command(CommandLine line) {
    line.selection.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    Output output;
    const Sink sink = [&](std::string_view text) { return output.write(text); };
    if (line.command->is_recorded(line.selection)) {
        auto done = line.command->recorded(line.selection, sink);
        if (done) done = output.result();
        if (!done) return std::unexpected(done.error());
        return 0;
    }
    auto connection = Connection::open(line.socket);
    if (!connection) return std::unexpected(connection.error());
    const Ask ask = [&](const Json& request) { return connection->ask(request); };
    const Listen listen = [&](const Json& request, const LineSink& take) {
        return connection->listen(request, take);
    };
    int code = 0;
    auto done = understood([&]() -> CommandResult {
        if (line.watch_seconds > 0) return watch_stats(ask, line, output);
        if (line.command->listen != nullptr) return line.command->listen(listen, line.selection, sink);
        if (line.command->judge == nullptr) return line.command->run(ask, line.selection, sink);
        const auto judged = line.command->judge(ask, line.selection, sink);
        if (!judged) return std::unexpected(judged.error());
        code = *judged;
        return {};
    });
    if (done) done = output.result();
    if (!done) return std::unexpected(done.error());
    return code;
}

int report(int code, const std::string& message) {
    std::fputs(fmt::format("honeyctl: {}\n", message).c_str(), stderr);
    return code;
}

int main(int argc, char** argv) {
    const auto line = parse_command_line(argc, argv);
    if (!line) {
        const auto code = line.error().code();
        std::fputs(line.error().text("honeyctl").c_str(), code == 0 ? stdout : stderr);
        return code;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const auto done = run_command(*line);
    return done ? *done : report(line->command->trouble, done.error());
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

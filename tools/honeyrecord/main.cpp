// honeyrecord: writes down what a running honeyswitch tells.
#include <cstdio>
#include <exception>

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include "base/declined.hpp"
#include "base/system/signals.hpp"
#include "tools/honeyrecord/command_line.hpp"
#include "tools/honeyrecord/recorder.hpp"

namespace honeyswitch::record {
namespace {

int fail(int code, const std::string& sentence) {
    fmt::print(stderr, "honeyrecord: {}\n", sentence);
    return code;
}

int run(const Launch& launch, const Recorder::Reread& reread) {
    ignore_stray_signals();
    spdlog::set_level(spdlog::level::from_str(launch.config.log_level));
    spdlog::flush_on(spdlog::level::info);
    auto recorder = Recorder::create(launch.config, reread);
    if (!recorder) return fail(failed, recorder.error());
    const auto ran = (*recorder)->run();
    return ran ? stopped_on_request : fail(failed, ran.error());
}

int main(int argc, char** argv) {
    if (sodium_init() < 0) return fail(failed, "libsodium does not start");
    const auto launch = parse_command_line(argc, argv);
    if (!launch) {
        const auto code = launch.error().code();
        std::fputs(launch.error().text("honeyrecord").c_str(), code == 0 ? stdout : stderr);
        return code;
    }
    for (const auto& warning : launch->warnings)
        fmt::print(stderr, "honeyrecord: warning: {}\n", warning.sentence());
    if (launch->check) {
        fmt::print("the configuration is valid\n");
        return stopped_on_request;
    }
    return run(*launch, [&]() -> std::expected<RecordConfig, std::string> {
        auto again = parse_command_line(argc, argv);
        if (!again) return std::unexpected(again.error().complaint.message());
        return std::move(again->config);
    });
}

}  // namespace
}  // namespace honeyswitch::record

int main(int argc, char** argv) {
    try {
        return honeyswitch::record::main(argc, argv);
    } catch (const std::exception& error) {  // of the libraries: out of memory
        std::fputs(error.what(), stderr);
        return 1;
    }
}

// Reads a configuration anew and builds what it needs, on a thread of its own: the control thread decides
// meanwhile.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "control/compose/parts.hpp"
#include "control/config/config.hpp"
#include "dataplane/tables/classifier.hpp"

namespace honeyswitch::control {

/// A configuration that can take the place of the running one, with what workers read of it.
struct Prepared {
    Config config;
    RunningParts parts;
    std::unique_ptr<const dataplane::Classifier> classifier;
    std::vector<std::string> warnings;
    std::vector<std::string> list_findings;  ///< of the files of lists, and of logs
};

/// Control thread, but for what its own thread does.
class Reloader {
  public:
    using Result = std::expected<Prepared, std::vector<std::string>>;  ///< or why not: one line each

    /// `arguments`: the command line of the process, whose options override the file's again.
    explicit Reloader(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

    [[nodiscard]] bool running() const { return thread_.joinable(); }
    /// Precondition: not running.
    void start(const Config& running_config, const ConfigNumbers& numbers);
    /// What came of it, once.
    [[nodiscard]] std::optional<Result> take();

  private:
    [[nodiscard]] static Result prepare(const std::vector<std::string>& arguments,
                                        const Config& running_config, const ConfigNumbers& numbers);

    std::vector<std::string> arguments_;
    std::optional<Result> result_;  ///< written by the thread before it sets `done_`
    std::atomic<bool> done_{false};
    std::jthread thread_;
};

}  // namespace honeyswitch::control

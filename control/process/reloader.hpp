// Reads a configuration anew and builds what it needs, on a thread of its own: the control thread decides
// meanwhile.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/compose/parts.hpp"
#include "control/config/config.hpp"
#include "control/config/config_diff.hpp"
#include "control/process/aside.hpp"
#include "dataplane/tables/classifier.hpp"

namespace honeyswitch::control {

/// A configuration that can take the place of the running one, with what workers read of it.
struct Prepared {
    Config config;
    RunningParts parts;
    std::unique_ptr<const dataplane::Classifier> classifier;
    std::vector<std::string> warnings;
    std::vector<std::string> list_findings;     ///< of the files of lists, and of logs
    std::vector<ConfigDifference> differences;  ///< from the running one
};

/// What a reload would change, and what it would say.
struct Comparison {
    std::vector<ConfigDifference> differences;
    bool refused = false;
    std::vector<std::string> sentences;  ///< refused: why; otherwise warnings, and findings about list files
};

/// Control thread, but for what its own threads do.
class Reloader {
  public:
    using Result = std::expected<Prepared, std::vector<std::string>>;  ///< or why not: one line each

    /// `arguments`: the command line of the process, whose options override the file's again.
    explicit Reloader(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

    [[nodiscard]] bool running() const { return reload_.running(); }
    /// Precondition: not running.
    void start(const Config& running_config, const ConfigNumbers& numbers);
    /// With a configuration that is at hand: no file is read but those of lists. Precondition: not running.
    void start_with(const Config& wanted, const Config& running_config, const ConfigNumbers& numbers);
    /// What came of it, once.
    [[nodiscard]] std::optional<Result> take() { return reload_.take(); }

    /// Reads the file for a comparison alone, beside a reload or not.
    [[nodiscard]] bool comparing() const { return comparison_.running(); }
    /// Precondition: not comparing.
    void compare(const Config& running_config, const ConfigNumbers& numbers);
    [[nodiscard]] std::optional<Comparison> take_comparison() { return comparison_.take(); }

  private:
    std::vector<std::string> arguments_;
    Aside<Result> reload_;
    Aside<Comparison> comparison_;
};

}  // namespace honeyswitch::control

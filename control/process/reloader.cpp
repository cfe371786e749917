#include "control/process/reloader.hpp"

#include <iterator>
#include <ranges>
#include <utility>

#include "control/config/config_change.hpp"
#include "control/config/options.hpp"
#include "control/lists/list_check.hpp"

namespace honeyswitch::control {
namespace {

std::expected<Launch, std::vector<std::string>> read(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv;
    argv.reserve(arguments.size());
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    auto launch = parse_options(static_cast<int>(argv.size()), argv.data());
    if (!launch) return std::unexpected(launch.error().complaint.sentences());
    return std::move(*launch);
}

Reloader::Result prepare(Config wanted, std::vector<std::string> warnings, const Config& running_config,
                         const ConfigNumbers& numbers) {
    if (auto reasons = unchangeable(running_config, wanted); !reasons.empty())
        return std::unexpected(std::move(reasons));
    const auto given = numbers.numbers_for(wanted);
    if (!given) return std::unexpected(given.error());
    auto parts = running_parts(wanted, *given);
    auto classifier = dataplane::Classifier::build(parts.classifier, parts.workers);
    if (!classifier) return std::unexpected(std::vector{classifier.error().message()});
    std::vector<std::string> findings;
    for (auto& finding : check_list_files(wanted.lists, wanted.auth_logs, wanted.source_capacity))
        findings.push_back(std::move(finding.text));
    auto changes = differences(running_config, wanted);
    return Prepared{.config = std::move(wanted),
                    .parts = std::move(parts),
                    .classifier = std::move(*classifier),
                    .warnings = std::move(warnings),
                    .list_findings = std::move(findings),
                    .differences = std::move(changes)};
}

Comparison compared(const std::vector<std::string>& arguments, const Config& running_config,
                    const ConfigNumbers& numbers) {
    auto launch = read(arguments);
    if (!launch) return {.differences = {}, .refused = true, .sentences = std::move(launch.error())};
    Comparison found{.differences = differences(running_config, launch->config), .sentences = {}};
    auto prepared = prepare(std::move(launch->config), std::move(launch->warnings), running_config, numbers);
    found.refused = !prepared;
    found.sentences = prepared ? std::move(prepared->warnings) : std::move(prepared.error());
    if (prepared) std::ranges::move(prepared->list_findings, std::back_inserter(found.sentences));
    return found;
}

}  // namespace

void Reloader::start(const Config& running_config, const ConfigNumbers& numbers) {
    reload_.start([arguments = arguments_, running_config, numbers]() -> Result {
        auto launch = read(arguments);
        if (!launch) return std::unexpected(std::move(launch.error()));
        return prepare(std::move(launch->config), std::move(launch->warnings), running_config, numbers);
    });
}

void Reloader::start_with(const Config& wanted, const Config& running_config, const ConfigNumbers& numbers) {
    reload_.start([wanted, running_config, numbers] { return prepare(wanted, {}, running_config, numbers); });
}

void Reloader::compare(const Config& running_config, const ConfigNumbers& numbers) {
    // Whoever may read may ask for it, and again and again: the control thread, on the same CPU, goes first.
    comparison_.start([arguments = arguments_, running_config,
                       numbers] { return compared(arguments, running_config, numbers); },
                      Precedence::low);
}

}  // namespace honeyswitch::control

#include "control/process/reloader.hpp"

#include <utility>

#include "control/config/config_change.hpp"
#include "control/config/options.hpp"
#include "control/lists/list_check.hpp"

namespace honeyswitch::control {

void Reloader::start(const Config& running_config, const ConfigNumbers& numbers) {
    done_ = false;
    thread_ = std::jthread([this, arguments = arguments_, running_config, numbers] {
        result_ = prepare(arguments, running_config, numbers);
        done_.store(true, std::memory_order_release);
    });
}

std::optional<Reloader::Result> Reloader::take() {
    if (!running() || !done_.load(std::memory_order_acquire)) return std::nullopt;
    thread_.join();
    thread_ = {};
    return std::exchange(result_, std::nullopt);
}

Reloader::Result Reloader::prepare(const std::vector<std::string>& arguments, const Config& running_config,
                                   const ConfigNumbers& numbers) {
    std::vector<const char*> argv;
    argv.reserve(arguments.size());
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    auto launch = parse_options(static_cast<int>(argv.size()), argv.data());
    if (!launch) return std::unexpected(launch.error().complaint.sentences());
    if (auto differences = unchangeable(running_config, launch->config); !differences.empty())
        return std::unexpected(std::move(differences));
    const auto given = numbers.numbers_for(launch->config);
    if (!given) return std::unexpected(given.error());
    auto parts = running_parts(launch->config, *given);
    auto classifier = dataplane::Classifier::build(parts.classifier, parts.workers);
    if (!classifier) return std::unexpected(std::vector{classifier.error().message()});
    std::vector<std::string> findings;
    const Config& config = launch->config;
    for (auto& finding : check_list_files(config.lists, config.auth_logs, config.source_capacity))
        findings.push_back(std::move(finding.text));
    return Prepared{.config = std::move(launch->config),
                    .parts = std::move(parts),
                    .classifier = std::move(*classifier),
                    .warnings = std::move(launch->warnings),
                    .list_findings = std::move(findings)};
}

}  // namespace honeyswitch::control

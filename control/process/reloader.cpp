#include "control/process/reloader.hpp"

#include <algorithm>
#include <utility>

#include "control/config/config_change.hpp"
#include "control/config/options.hpp"
#include "control/lists/list_check.hpp"

namespace honeyswitch::control {
namespace {

/// Each list that was there means the same bit, and the same thing, as before.
bool keep_their_bits(const std::vector<SourceList>& before, const std::vector<SourceList>& after) {
    return before.size() <= after.size() && std::equal(before.begin(), before.end(), after.begin(),
                                                       [](const SourceList& old, const SourceList& now) {
                                                           return old.name == now.name &&
                                                                  old.kind == now.kind;
                                                       });
}

}  // namespace

void Reloader::start(const Config& running_config) {
    done_ = false;
    thread_ = std::jthread([this, arguments = arguments_, running_config] {
        result_ = prepare(arguments, running_config);
        done_.store(true, std::memory_order_release);
    });
}

std::optional<Reloader::Result> Reloader::take() {
    if (!running() || !done_.load(std::memory_order_acquire)) return std::nullopt;
    thread_.join();
    thread_ = {};
    return std::exchange(result_, std::nullopt);
}

Reloader::Result Reloader::prepare(const std::vector<std::string>& arguments, const Config& running_config) {
    std::vector<const char*> argv;
    argv.reserve(arguments.size());
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    auto launch = parse_options(static_cast<int>(argv.size()), argv.data());
    if (!launch) return std::unexpected(launch.error().complaint.sentences());
    if (auto differences = unchangeable(running_config, launch->config); !differences.empty())
        return std::unexpected(std::move(differences));
    auto parts = running_parts(launch->config, Numbers::in_order(launch->config));
    auto policy = dataplane::Policy::build(parts.policy, parts.workers);
    if (!policy) return std::unexpected(std::vector{policy.error().message()});
    std::unique_ptr<const dataplane::Policy> interim;
    if (!keep_their_bits(running_config.lists, launch->config.lists)) {
        auto without_lists = parts.policy;
        without_lists.lists.clear();
        auto built = dataplane::Policy::build(without_lists, parts.workers);
        if (!built) return std::unexpected(std::vector{built.error().message()});
        interim = std::move(*built);
    }
    std::vector<std::string> findings;
    const Config& config = launch->config;
    for (auto& finding : check_list_files(config.lists, config.auth_logs, config.listed_capacity))
        findings.push_back(std::move(finding.text));
    return Prepared{std::move(launch->config),   std::move(parts),   std::move(*policy), std::move(interim),
                    std::move(launch->warnings), std::move(findings)};
}

}  // namespace honeyswitch::control

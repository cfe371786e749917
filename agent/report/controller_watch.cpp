#include "agent/report/controller_watch.hpp"

#include <utility>

#include <fmt/format.h>

namespace honeyswitch::agent {
namespace {

constexpr Clock::duration between_looks = std::chrono::seconds(1);

std::int64_t seconds(Clock::duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

const char* reason_of(ResponseCode code) {
    return code == ResponseCode::not_granted ? "it is not within what the controller grants this agent"
                                             : "the controller has no room for it";
}

}  // namespace

std::vector<ControllerWatch::Sentence> ControllerWatch::look(const Reporter& reporter,
                                                             std::string_view failure,
                                                             Clock::time_point now) {
    Sentences sentences;
    look_at_associations(reporter, now, sentences);
    if (now < due_) return sentences;
    due_ = now + between_looks;
    look_at_silence(reporter, failure, now, sentences);
    for (const auto& domain : reporter.domains()) look_at_domain(domain, now, sentences);
    return sentences;
}

void ControllerWatch::look_at_associations(const Reporter& reporter, Clock::time_point now,
                                           Sentences& sentences) {
    const auto associations = reporter.counters().associations;
    if (associations == associations_) return;
    const bool first = std::exchange(associations_, associations) == 0;
    const auto silence = std::exchange(told_, std::nullopt)
                             ? fmt::format(", after {} s without an answer", seconds(now - heard_))
                             : "";
    heard_ = now;
    sentences.push_back(
        {false, fmt::format("controller {}: associated{}{}", controller_, first ? "" : " anew", silence)});
}

void ControllerWatch::look_at_silence(const Reporter& reporter, std::string_view failure,
                                      Clock::time_point now, Sentences& sentences) {
    const auto refused = reporter.counters().refused;
    const auto last = reporter.last_heard();
    if (last && *last > heard_) {
        if (std::exchange(told_, std::nullopt))
            sentences.push_back({false, fmt::format("controller {} answers again, after {} s", controller_,
                                                    seconds(*last - heard_))});
        heard_ = *last;
        refused_ = refused;
    }
    if (now - heard_ < patience) return;
    if (told_ && now - *told_ < again) return;
    told_ = now;
    auto text = fmt::format(
        "controller {} does not answer (nothing heard for {} s): is the address right, does the switch run, "
        "does "
        "it know agent '{}' with this key?",
        controller_, seconds(now - heard_), agent_);
    if (!failure.empty()) text += fmt::format(" The latest attempt ended with: {}.", failure);
    if (refused != refused_)
        text += fmt::format(" {} datagrams came from there that are not sealed with this key.",
                            refused - refused_);
    sentences.push_back({true, std::move(text)});
}

void ControllerWatch::look_at_domain(const DomainSync& domain, Clock::time_point now, Sentences& sentences) {
    const auto prefix = domain.report().active.prefix();
    const auto code = domain.refused();
    const auto known = domains_.find(prefix);
    if (!code) {
        // A new association forgets what was refused; that it is accepted shows once nothing is open any
        // more.
        if (known == domains_.end() || !domain.in_step()) return;
        domains_.erase(known);
        sentences.push_back(
            {false, fmt::format("controller {}: domain {} is accepted now", controller_, to_string(prefix))});
        return;
    }
    if (known != domains_.end() && known->second.code == *code && now - known->second.told < again) return;
    domains_.insert_or_assign(prefix, Refused{*code, now});
    sentences.push_back({true, fmt::format("controller {}: domain {} is refused: {}", controller_,
                                           to_string(prefix), reason_of(*code))});
}

}  // namespace honeyswitch::agent

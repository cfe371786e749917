#include "dataplane/eal/kernel_settings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/eal/frame_lengths.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace std::literals;

/// They join frames, or take tags out of them: what comes in would not be what was on the wire.
constexpr std::array joining{"rx-gro"sv, "rx-lro"sv, "rx-gro-hw"sv, "rx-gro-list"sv,
                             "rx-udp-gro-forwarding"sv};
constexpr std::array stripping{"rx-vlan-hw-parse"sv, "rx-vlan-stag-hw-parse"sv};

struct Unwanted {
    std::string_view beginning;  ///< of the kernel's names
    std::string_view word;       ///< of `ethtool -K`
};
/// These, what must not touch a frame although no way of today's kernel leads a frame of the switch to it,
/// and filters of VLANs that a driver may forget to lift in promiscuous mode.
constexpr std::array<Unwanted, 11> unwanted{{
    {"rx-gro-", "rx-gro-hw"},
    {"rx-gro", "gro"},
    {"rx-lro", "lro"},
    {"rx-udp-gro", "rx-udp-gro-forwarding"},
    {"rx-vlan", "rxvlan"},
    {"rx-checksum", "rx"},
    {"tx-checksum", "tx"},
    {"tx-tcp", "tso"},
    {"tx-udp-seg", "tx-udp-segmentation"},
    {"tx-generic-segmentation", "gso"},
    {"tx-vlan", "txvlan"},
}};

std::vector<std::string> unwanted_of(const KernelInterface& interface) {
    std::array<std::string_view, unwanted.size()> beginnings;
    std::ranges::transform(unwanted, beginnings.begin(), &Unwanted::beginning);
    return interface.features_on(beginnings);
}

/// As an operator knows them, each once.
std::vector<std::string> words_of(const std::vector<std::string>& features) {
    std::vector<std::string> words;
    for (const std::string& feature : features) {
        const auto group = std::ranges::find_if(
            unwanted, [&](const Unwanted& each) { return feature.starts_with(each.beginning); });
        const std::string word(group == unwanted.end() ? feature : group->word);
        if (std::ranges::find(words, word) == words.end()) words.push_back(word);
    }
    return words;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += between;
        text += word;
    }
    return text;
}

std::string queues(unsigned count) {
    return std::to_string(count) + " receive queue" + (count == 1 ? "" : "s");
}

}  // namespace

std::expected<std::vector<std::string>, Error> KernelSettings::make() {
    std::vector<std::string> told;
    make_mtu(told);
    if (auto made = make_queues(told); !made) return std::unexpected(made.error());
    if (auto made = make_features(told); !made) return std::unexpected(made.error());
    remember();
    return told;
}

void KernelSettings::remember() {
    mtu_ = interface_.mtu();
    fixed_ = unwanted_of(interface_);
}

void KernelSettings::make_mtu(std::vector<std::string>& told) const {
    const std::uint32_t before = interface_.mtu();
    if (before >= needs_.mtu) return;
    auto raised = interface_.set_mtu(needs_.mtu);
    if (!raised && before < needs_.least_mtu && needs_.mtu > needs_.least_mtu)
        raised = interface_.set_mtu(needs_.least_mtu);
    const std::uint32_t now = interface_.mtu();
    if (raised)
        told.push_back(interface_.name() + ": raised the MTU from " + std::to_string(before) + " to " +
                       std::to_string(now) + ", so that frames of " + std::to_string(now + ethernet_header) +
                       " bytes pass");
    else
        told.push_back(raised.error().message() + "; frames longer than " +
                       std::to_string(now + ethernet_header) + " bytes may be lost");
}

/// A worker reads the queue of its own number, and what comes on a queue without a worker is lost.
std::expected<void, Error> KernelSettings::make_queues(std::vector<std::string>& told) const {
    const unsigned before = interface_.rx_queues();
    if (needs_.rx_queues == 0 || before == 0 || before == needs_.rx_queues) return {};
    const auto made = interface_.set_rx_queues(needs_.rx_queues);
    const std::string line = "ethtool -L " + interface_.name() + " ";
    if (!made || interface_.rx_queues() != needs_.rx_queues)
        return std::unexpected(Error{"serve", interface_.name(),
                                     "it has " + queues(before) + ", each worker serves one, and '" + line +
                                         interface_.queue_words(needs_.rx_queues) + "' fails" +
                                         (made ? "" : " (" + made.error().reason + ")") +
                                         "; let the number of workers be " + std::to_string(before)});
    told.push_back(interface_.name() + ": set " + queues(needs_.rx_queues) +
                   ", as many as there are workers ('" + line + interface_.queue_words(before) +
                   "' takes it back)");
    return {};
}

std::expected<void, Error> KernelSettings::make_features(std::vector<std::string>& told) const {
    const auto before = unwanted_of(interface_);
    if (before.empty()) return {};
    interface_.switch_off(before);
    const auto after = unwanted_of(interface_);
    std::vector<std::string> off, in_the_way;
    std::ranges::copy_if(before, std::back_inserter(off),
                         [&](const auto& name) { return std::ranges::find(after, name) == after.end(); });
    std::ranges::copy_if(after, std::back_inserter(in_the_way), [&](const auto& name) {
        return std::ranges::find(joining, name) != joining.end() ||
               (needs_.tags_in_frames && std::ranges::find(stripping, name) != stripping.end());
    });
    if (!in_the_way.empty())
        return std::unexpected(Error{"use", interface_.name(),
                                     "it changes frames, and '" + "ethtool -K "s + interface_.name() + " " +
                                         joined(in_the_way, " off ") + " off' fails"});
    if (!off.empty())
        told.push_back(interface_.name() + ": switched off " + joined(words_of(off), ", ") +
                       ", which change frames ('ethtool -K " + interface_.name() +
                       " WORD on' takes each back)");
    return {};
}

std::vector<std::string> KernelSettings::changed_features() const {
    auto on = unwanted_of(interface_);
    std::erase_if(on, [&](const auto& name) { return std::ranges::find(fixed_, name) != fixed_.end(); });
    return on;
}

std::vector<std::string> KernelSettings::keep() {
    std::vector<std::string> told;
    const std::uint32_t mtu = interface_.mtu();
    if (mtu == 0) return told;  // the interface is gone
    if (mtu < mtu_) make_mtu(told);
    if (auto made = make_queues(told); made)
        last_failure_.clear();
    else if (const auto failure = made.error().message(); failure != last_failure_)
        told.push_back(last_failure_ = failure);
    if (const auto on = changed_features(); !on.empty()) {
        interface_.switch_off(on);
        told.push_back(interface_.name() + ": somebody switched on " + joined(words_of(on), ", ") +
                       ", which changes frames; it is switched off again");
    }
    return told;
}

}  // namespace honeyswitch::dataplane

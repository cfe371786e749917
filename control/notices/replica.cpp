#include "control/notices/replica.hpp"

#include <algorithm>

namespace honeyswitch::control {

Replica::Difference Replica::apply(const agent::Change& change) {
    Difference news;
    if (change.number <= state_number_) return news;
    const auto apply_to = [&](const std::vector<Ipv4Address>& addresses, bool member,
                              std::vector<Ipv4Address>& changed) {
        for (const auto address : addresses) {
            auto& number = changed_[address];
            if (number >= change.number) continue;
            number = change.number;
            if (active_.set(address, member)) changed.push_back(address);
        }
    };
    apply_to(change.active, true, news.active);
    apply_to(change.inactive, false, news.inactive);
    return news;
}

std::optional<Replica::State> Replica::assemble(const agent::StateChunk& chunk) {
    if (chunk.number <= state_number_) return std::nullopt;
    if (!assembly_ || assembly_->number < chunk.number) {
        assembly_ = Assembly{chunk.number, chunk.swept, chunk.digest, 0, {}};
        assembly_->bitmap.resize(agent::AddressSet::bitmap_size(chunk.domain));
    }
    if (assembly_->number != chunk.number) return std::nullopt;
    std::ranges::copy(chunk.bitmap, assembly_->bitmap.begin() +
                                        static_cast<std::ptrdiff_t>(chunk.index * agent::state_chunk_size));
    assembly_->received |= std::uint64_t{1} << chunk.index;
    if (assembly_->received != (std::uint64_t{1} << chunk.chunks) - 1) return std::nullopt;

    State state{assembly_->number, assembly_->swept, agent::AddressSet(chunk.domain)};
    const bool whole = state.active.assign(assembly_->bitmap) && state.active.digest() == assembly_->digest;
    assembly_.reset();
    if (!whole) return std::nullopt;
    for (const auto& [address, number] : changed_)
        if (number > state.number) state.active.set(address, active_.contains(address));
    return state;
}

std::uint64_t Replica::received(agent::ChangeNumber number) const {
    return assembly_ && assembly_->number == number ? assembly_->received : 0;
}

void Replica::adopt(State state) {
    active_ = std::move(state.active);
    state_number_ = state.number;
    std::erase_if(changed_, [&](const auto& entry) { return entry.second <= state_number_; });
}

Replica::Difference Replica::difference_to(const agent::AddressSet& other) const {
    Difference difference;
    for (const auto address : other.addresses())
        if (!active_.contains(address)) difference.active.push_back(address);
    for (const auto address : active_.addresses())
        if (!other.contains(address)) difference.inactive.push_back(address);
    return difference;
}

void Replica::restart_numbers() {
    state_number_ = 0;
    changed_.clear();
    assembly_.reset();
}

}  // namespace honeyswitch::control

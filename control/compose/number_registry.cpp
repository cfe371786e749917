#include "control/compose/number_registry.hpp"

#include <algorithm>
#include <map>

namespace honeyswitch::control {

std::expected<std::vector<NumberRegistry::Number>, NumberRegistry::Shortage> NumberRegistry::numbers_for(
    std::span<const std::string> names) const {
    std::map<std::string_view, std::size_t> known;
    Shortage shortage;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (places_[i].use == Use::leaving) shortage.leaving.push_back(places_[i].name);
        if (places_[i].use == Use::in_use ||
            (places_[i].use == Use::leaving && comeback_ == Comeback::same_number))
            known.emplace(places_[i].name, i);
    }
    std::vector<Number> numbers;
    std::size_t next = 0;
    for (const std::string& name : names) {
        auto place = places_.size();
        if (const auto found = known.find(name); found != known.end()) {
            place = found->second;
        } else {
            while (next < places_.size() && places_[next].use != Use::free) ++next;
            place = next++;
        }
        if (place >= places_.size()) {
            shortage.name = name;
            return std::unexpected(std::move(shortage));
        }
        numbers.push_back(static_cast<Number>(first_ + place));
    }
    return numbers;
}

void NumberRegistry::adopt(std::span<const std::string> names, std::span<const Number> numbers,
                           TimePoint now) {
    std::vector<bool> stays(places_.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto place = static_cast<std::size_t>(numbers[i] - first_);
        stays.at(place) = true;
        places_[place] = {.use = Use::in_use, .name = names[i]};
    }
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (stays[i] || places_[i].use != Use::in_use) continue;
        places_[i].use = Use::leaving;
        places_[i].left = now;
    }
}

std::string NumberRegistry::name_of(Number number) const {
    const bool ours = number >= first_ && number < first_ + places_.size();
    return ours ? places_[number - first_].name : "";
}

void NumberRegistry::free_unused(Barriers& barriers, const Refers& refers) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        Place& place = places_[i];
        if (place.use != Use::leaving) continue;
        if (refers(static_cast<Number>(first_ + i), place.left))
            place.grace.reset();
        else if (!place.grace)
            place.grace = barriers.barrier_request();
        else if (barriers.barrier_reached(*place.grace))
            place = {};
    }
}

}  // namespace honeyswitch::control

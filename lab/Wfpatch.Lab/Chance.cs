// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab;

/// <summary>Random choices that a seed repeats on every machine and with every runtime (SplitMix64; Steele, Lea, Flood, OOPSLA 2014).</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Below <paramref name="limit"/>, from zero.</summary>
    internal int Next(int limit) => (int)(Next() % (ulong)limit);

    internal bool Percent(int percent) => Next(100) < percent;

    /// <exception cref="DivideByZeroException">There is nothing to choose.</exception>
    internal T Pick<T>(IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    private ulong Next()
    {
        ulong mixed = _state += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
}

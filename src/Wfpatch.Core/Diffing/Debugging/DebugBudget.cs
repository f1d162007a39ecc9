// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Debugging;

/// <summary>
/// Bounds the work on one object's debug information. Abbreviations, names and layouts may be used again and again, so that a small damaged file could
/// ask for any amount of it; what compilers write stays far below.
/// </summary>
internal sealed class DebugBudget(long bytes)
{
    private const int StepsForAByte = 64;
    private const int Least = 1 << 16;

    private long _left = (StepsForAByte * bytes) + Least;

    /// <exception cref="MalformedDebugException">It is used up.</exception>
    public void Spend(long steps)
    {
        _left -= steps;
        if (_left < 0)
        {
            throw new MalformedDebugException("repeats itself without end");
        }
    }
}

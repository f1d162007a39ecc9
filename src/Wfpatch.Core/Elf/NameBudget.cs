// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Elf;

/// <summary>
/// Bounds the names that are read from one table. Names may share their bytes, so a small damaged file could otherwise claim
/// a million names of a megabyte each. Honest tables hardly share anything.
/// </summary>
internal sealed class NameBudget(long tableSize)
{
    private long _left = (16 * tableSize) + 4096;

    public bool TrySpend(int length)
    {
        _left -= length;
        return _left >= 0;
    }
}

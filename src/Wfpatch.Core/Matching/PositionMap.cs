// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Matching;

/// <summary>Which position of the running code is which position of the old code: the boundaries of instructions, each with the
/// number of the next instruction that is no padding.</summary>
internal sealed class PositionMap
{
    private readonly List<(int Offset, int Ordinal)> _old = [];
    private readonly List<(int Offset, int Ordinal)> _running = [];
    private readonly bool _isIdentity;

    private PositionMap(bool isIdentity) => _isIdentity = isIdentity;

    public PositionMap()
    {
    }

    public static PositionMap Identity { get; } = new(isIdentity: true);

    /// <summary>Offsets are added in rising order.</summary>
    public void AddOld(int offset, int ordinal) => _old.Add((offset, ordinal));

    public void AddRunning(int offset, int ordinal) => _running.Add((offset, ordinal));

    /// <summary>Whether both offsets lead to the same instruction; padding before it makes no difference.</summary>
    public bool AreSame(long oldOffset, long runningOffset) =>
        _isIdentity ? oldOffset == runningOffset : Find(_old, oldOffset) is { } ordinal && Find(_running, runningOffset) == ordinal;

    private static int? Find(List<(int Offset, int Ordinal)> boundaries, long offset)
    {
        if (offset is < 0 or > int.MaxValue)
        {
            return null;
        }
        int at = boundaries.BinarySearch(((int)offset, int.MaxValue));
        at = at < 0 ? ~at - 1 : at;
        return at >= 0 && boundaries[at].Offset == offset ? boundaries[at].Ordinal : null;
    }
}

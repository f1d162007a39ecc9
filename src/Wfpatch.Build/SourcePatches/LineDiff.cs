// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build.SourcePatches;

/// <summary>Which lines of two versions of a file are the same line. (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986.)</summary>
internal static class LineDiff
{
    private const int LargestDistance = 4_000;

    /// <summary>For each new line the old one that it is, both from 0, or -1. Null where the versions have too little in common.</summary>
    public static int[]? Match(IReadOnlyList<string> old, IReadOnlyList<string> @new)
    {
        var steps = new List<int[]>();
        int most = Math.Min(old.Count + @new.Count, LargestDistance);
        int[] furthest = new int[2 * most + 3];
        int middle = most + 1;
        for (int distance = 0; distance <= most; distance++)
        {
            steps.Add(furthest[(middle - distance)..(middle + distance + 1)]);
            for (int diagonal = -distance; diagonal <= distance; diagonal += 2)
            {
                bool isInsertion = diagonal == -distance || (diagonal != distance && furthest[middle + diagonal - 1] < furthest[middle + diagonal + 1]);
                int x = isInsertion ? furthest[middle + diagonal + 1] : furthest[middle + diagonal - 1] + 1;
                while (x < old.Count && x - diagonal < @new.Count && x - diagonal >= 0 && old[x] == @new[x - diagonal])
                {
                    x++;
                }
                furthest[middle + diagonal] = x;
                if (x >= old.Count && x - diagonal >= @new.Count)
                {
                    return Trace(old, @new, steps);
                }
            }
        }
        return null;
    }

    // Back from the end: before each step the furthest points of one distance less.
    private static int[] Trace(IReadOnlyList<string> old, IReadOnlyList<string> @new, List<int[]> steps)
    {
        int[] match = new int[@new.Count];
        Array.Fill(match, -1);
        int x = old.Count;
        int y = @new.Count;
        for (int distance = steps.Count - 1; distance >= 0; distance--)
        {
            int[] before = steps[distance];
            int At(int diagonal) => before[diagonal + distance];
            int diagonal = x - y;
            bool isInsertion = diagonal == -distance || (diagonal != distance && At(diagonal - 1) < At(diagonal + 1));
            int previous = isInsertion ? diagonal + 1 : diagonal - 1;
            int startX = distance == 0 ? 0 : At(previous);
            int startY = distance == 0 ? 0 : startX - previous;
            while (x > startX && y > startY)
            {
                match[--y] = --x;
            }
            (x, y) = (startX, startY);
        }
        return match;
    }
}

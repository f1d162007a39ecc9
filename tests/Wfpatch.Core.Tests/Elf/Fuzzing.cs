// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Xunit;

namespace Wfpatch.Core.Tests.Elf;

/// <summary>Runs a reader on damaged input for a few seconds: it may refuse, but not throw, hang or take memory without bound.</summary>
internal static class Fuzzing
{
    private const int Seconds = 4;

    // For input of some tens of kilobytes: what honest reading takes, and one block of 1 MiB for each table whose size is read.
    private const long AllowedBytes = 48 << 20;

    /// <returns>How many inputs were read, and how many of them were refused.</returns>
    public static (int Runs, int Refused) Run(byte[] original, IReadOnlyList<(int Start, int Length)> hot, Func<byte[], Random, bool> isRefused)
    {
        var clock = Stopwatch.StartNew();
        int runs = 0, refused = 0;
        for (int seed = 0; clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = Mutation.Of(original, hot, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var one = Stopwatch.StartNew();
            try
            {
                refused += isRefused(bytes, random) ? 1 : 0;
            }
            catch (Exception thrown)
            {
                Assert.Fail($"seed {seed}: {thrown}");
            }
            runs++;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < AllowedBytes, $"seed {seed}: {allocated} bytes allocated");
            Assert.True(one.Elapsed.TotalSeconds < 10, $"seed {seed}: {one.Elapsed}");
        }
        return (runs, refused);
    }
}

// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Xunit;

namespace Wfpatch.Core.Tests.Addresses;

/// <summary>Samples of a CsCheck generator that are the same in every run: a failure names the number of its sample, and
/// running that one alone gives it again.</summary>
internal static class Seeded
{
    public static void Check<T>(Gen<T> gen, int count, Action<T> check)
    {
        for (int i = 0; i < count; i++)
        {
            var sample = gen.Generate(new PCG((uint)i, 0x5eed), null, out _);
            try
            {
                check(sample);
            }
            catch (Exception e)
            {
                Assert.Fail($"sample {i}: {sample}\n{e}");
            }
        }
    }
}

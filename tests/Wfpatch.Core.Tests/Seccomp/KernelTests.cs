// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using CsCheck;
using Wfpatch.Core.Seccomp;
using Wfpatch.Core.Tests.Addresses;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Core.Tests.Seccomp;

/// <summary>Random filters are answered as the kernel answers them.</summary>
public sealed class KernelTests(ITestOutputHelper output)
{
    private const int GetPpid = 110;

    private static readonly Gen<ulong> Argument = Gen.OneOf(Gen.ULong, Gen.ULong[0, 9]);

    [Fact]
    public async Task Every_answer_is_the_kernels()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using TestTarget kernel = await TestTarget.StartAsync("filters", cancel: cancel);
        int taken = 0;
        Dictionary<string, int> answers = [];
        Seeded.Check(Gen.Select(RandomFilters.Program, Argument.Array[6]), 1500, sample =>
        {
            var (program, arguments) = sample;
            var filter = new SeccompFilter([.. program]);
            if (filter.ReadsPlace)
            {
                return; // where the call is made from is not known here
            }
            string text = string.Join(' ', arguments.Select(a => a.ToString("x", CultureInfo.InvariantCulture)));
            string code = string.Concat(program.Select(i => i.Encode().ToString("x16", CultureInfo.InvariantCulture)));
            string answer = kernel.AskAsync($"run {text} {code}", cancel).GetAwaiter().GetResult();
            if (answer == "rejected")
            {
                return; // it reads scratch memory that was never written
            }
            taken++;
            answers[answer] = answers.GetValueOrDefault(answer) + 1;
            Assert.Equal(answer, Describe(filter.Ask(new SeccompCall(GetPpid, [.. arguments.Select(a => (ulong?)a)]))));
        });
        output.WriteLine($"{taken} filters: {string.Join(", ", answers.Select(a => $"{a.Key} {a.Value}"))}");
        Assert.InRange(taken, 300, int.MaxValue);
        Assert.Equal(["allowed", "errno 1", "errno 2", "signal 31"], answers.Keys.Order(StringComparer.Ordinal));
    }

    private static string Describe(SeccompVerdict verdict) => verdict.IsAllowed ? "allowed"
        : verdict.Value is not { } value ? "unknown"
        : value >> 16 == 5 ? $"errno {value & 0xffff}"
        : "signal 31"; // SIGSYS
}

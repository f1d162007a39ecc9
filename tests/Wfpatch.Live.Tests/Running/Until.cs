// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>Waits for a state of the target by asking again; the limit is for failures alone.</summary>
public static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>The first answer that is as wanted.</summary>
    public static async Task<T> TrueAsync<T>(Func<Task<T>> ask, Func<T, bool> isWanted, [CallerArgumentExpression(nameof(isWanted))] string wanted = "")
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            T answer = await ask();
            if (isWanted(answer))
            {
                return answer;
            }
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"not within {Limit.TotalSeconds} s: {wanted}; the last answer was {answer}");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    public static Task TrueAsync(Func<bool> isWanted, [CallerArgumentExpression(nameof(isWanted))] string wanted = "") =>
        TrueAsync(() => Task.FromResult(isWanted()), wanted => wanted, wanted);
}

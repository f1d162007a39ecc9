// SPDX-License-Identifier: Apache-2.0
using CsCheck;

namespace Wfpatch.Testing;

/// <summary>
/// Checks made-up values that are the same in each run: what failed once fails again, and a change is not stopped by another one's defect (docs/decisions/0037). With
/// <see cref="FreshSeconds"/> set, the values are new ones, for so many seconds each.
/// </summary>
public static class RandomCases
{
    /// <summary>The environment variable with the seconds for each check on new values, for looking further than tests do.</summary>
    public const string FreshSeconds = "WFPATCH_FRESH_SECONDS";

    private const int Ordinary = 100;

    /// <param name="count">How many values are made up.</param>
    public static void Check<T>(this Gen<T> values, Func<T, bool> holds, int count = Ordinary)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(holds);
        if (int.TryParse(Environment.GetEnvironmentVariable(FreshSeconds), out int seconds))
        {
            values.Sample(holds, time: seconds, threads: 1);
            return;
        }
        for (uint stream = 0; stream < count; stream++)
        {
            var generator = new PCG(stream, 0);
            string seed = generator.ToString();
            if (!Holds(values.Generate(generator, null, out _), holds))
            {
                values.Sample(holds, seed: seed, iter: Ordinary); // fails at once, and makes the value smaller
                throw new InvalidOperationException($"A check failed with the seed {seed}, and not when it was repeated.");
            }
        }
    }

    public static void Check<T>(this Gen<T> values, Action<T> asserts, int count = Ordinary)
    {
        ArgumentNullException.ThrowIfNull(asserts);
        values.Check(value => Passes(() => asserts(value)), count);
    }

    public static void Check<T1, T2>(this Gen<(T1, T2)> values, Func<T1, T2, bool> holds, int count = Ordinary) => values.Check(v => holds(v.Item1, v.Item2), count);

    public static void Check<T1, T2>(this Gen<(T1, T2)> values, Action<T1, T2> asserts, int count = Ordinary) => values.Check(v => Passes(() => asserts(v.Item1, v.Item2)), count);

    public static void Check<T1, T2, T3>(this Gen<(T1, T2, T3)> values, Func<T1, T2, T3, bool> holds, int count = Ordinary) =>
        values.Check(v => holds(v.Item1, v.Item2, v.Item3), count);

    public static void Check<T1, T2, T3>(this Gen<(T1, T2, T3)> values, Action<T1, T2, T3> asserts, int count = Ordinary) =>
        values.Check(v => Passes(() => asserts(v.Item1, v.Item2, v.Item3)), count);

    public static void Check<T1, T2, T3, T4>(this Gen<(T1, T2, T3, T4)> values, Func<T1, T2, T3, T4, bool> holds, int count = Ordinary) =>
        values.Check(v => holds(v.Item1, v.Item2, v.Item3, v.Item4), count);

    private static bool Passes(Action asserts)
    {
        asserts();
        return true;
    }

    private static bool Holds<T>(T value, Func<T, bool> holds)
    {
        try
        {
            return holds(value);
        }
        catch (Exception) // whatever it is: the repetition shows it
        {
            return false;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Testing;

/// <summary>
/// Compares a text with a file of tests/cases/golden. Where they differ the text is left beside the expected one, in
/// out/golden, and the exception names both. WFPATCH_ACCEPT=1 writes the file instead.
/// </summary>
public static class Golden
{
    /// <exception cref="InvalidDataException">The text differs, or there is no such file yet.</exception>
    public static async Task CompareAsync(string name, string text)
    {
        string expected = RepositoryRoot.Combine("tests", "cases", "golden", name);
        if (Environment.GetEnvironmentVariable("WFPATCH_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(expected)!);
            await File.WriteAllTextAsync(expected, text);
            return;
        }
        if (File.Exists(expected) && await File.ReadAllTextAsync(expected) == text)
        {
            return;
        }
        string actual = RepositoryRoot.Combine("out", "golden", name);
        Directory.CreateDirectory(Path.GetDirectoryName(actual)!);
        await File.WriteAllTextAsync(actual, text);
        throw new InvalidDataException($"{expected} differs from what came: diff it with {actual} (WFPATCH_ACCEPT=1 accepts it).\n{text}");
    }
}

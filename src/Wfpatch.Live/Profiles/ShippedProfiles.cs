// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Live.Profiles;

/// <summary>The profiles that come with wfpatch (the folder profiles/), and those that a user names.</summary>
public static class ShippedProfiles
{
    private const string Prefix = "profiles/";
    private const string Suffix = ".toml";

    public static IReadOnlyList<string> Names =>
    [
        .. typeof(ShippedProfiles).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..^Suffix.Length]),
    ];

    /// <summary>By the name of a shipped profile or the path of a file.</summary>
    public static (Profile? Profile, Refusal? Refusal) Find(string nameOrPath)
    {
        using var shipped = typeof(ShippedProfiles).Assembly.GetManifestResourceStream(Prefix + nameOrPath + Suffix);
        if (shipped is not null)
        {
            using var reader = new StreamReader(shipped);
            return ProfileReader.Parse(reader.ReadToEnd(), nameOrPath);
        }
        try
        {
            return ProfileReader.Parse(File.ReadAllText(nameOrPath), nameOrPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, FileRefusals.BadProfile.About(nameOrPath, $"{nameOrPath} is neither a file that can be read nor a shipped profile ({string.Join(", ", Names)})."));
        }
    }

    /// <summary>The shipped profile for a program's file name, or null.</summary>
    public static Profile? ForExecutable(string? fileName) => Names
        .Select(n => Find(n).Profile)
        .FirstOrDefault(p => p is not null && fileName is not null && p.Executables.Contains(fileName));
}

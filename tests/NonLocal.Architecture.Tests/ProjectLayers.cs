using System.Xml.Linq;

namespace NonLocal.Architecture.Tests;

/// <summary>Which project may use which: only those on lower layers.</summary>
internal static class ProjectLayers
{
    private static readonly Dictionary<string, int> Layers = new()
    {
        ["NonLocal.Tensors"] = 0,
        ["NonLocal.Formats"] = 1,
        ["NonLocal"] = 2,
        ["NonLocal.Vision"] = 3,
        ["NonLocal.Distributed"] = 3,
        ["NonLocal.Cli"] = 4,
        ["NonLocal.Explorer"] = 4,
    };

    /// <summary>References of a project under src/ that do not point down.</summary>
    public static IEnumerable<string> Violations(SourceFile project)
    {
        string name = Path.GetFileNameWithoutExtension(project.Path);
        if (!Layers.TryGetValue(name, out int layer))
        {
            yield return $"{project.Path}: {name} has no layer";
            yield break;
        }

        foreach (XElement reference in XDocument.Parse(project.Text).Descendants("ProjectReference"))
        {
            string used = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));
            if (!Layers.TryGetValue(used, out int below) || below >= layer)
            {
                yield return $"{project.Path}: {name} must not use {used}";
            }
        }
    }
}

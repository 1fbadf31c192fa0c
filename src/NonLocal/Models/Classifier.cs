using NonLocal.Layers;

namespace NonLocal.Models;

/// <summary>
/// A network from pictures [batch, height, width, channels] or clips [batch, frames, height, width, channels] to logits
/// [batch, classes], and what goes with its weights.
/// </summary>
/// <param name="info">Name, input size and normalisation, labels.</param>
/// <param name="classes">How many outputs there are.</param>
public abstract class Classifier(ModelInfo info, int classes) : Layer
{
    /// <summary>Name, input size and normalisation, labels. Replace it when a weight file says otherwise.</summary>
    public ModelInfo Info { get; set; } = info;

    /// <summary>How many outputs there are.</summary>
    public int Classes { get; } = classes;
}

"""The handbook of a bakery as a PDF of three pages, for the notebooks that search it."""

from pdf import pdf

HANDBOOK = pdf(
    "The oven\nThe stone oven is heated to 260 degrees before the first loaf goes in.\nIt is swept with a wet broom.",
    "The starter\nThe rye starter is fed at six in the evening with equal parts of flour and water.\n"
    "If the starter smells of vinegar, feed it twice a day until it smells of apples.",
    "The shop\nThe shop opens at half past six. Unsold bread goes to the shelter in Mill Lane at seven.",
)

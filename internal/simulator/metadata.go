package simulator

import "strings"

type metadataAnswer struct {
	Id                int
	Name, Description string
	DataType          int
	Hint, Validation  *string
	Enrollment        int
	Message, Options  *string
	DefaultValue      *string
	DisplayOrder      int
	*metadataSince25
}

type metadataSince25 struct{ AllowAPI, ExplicitUpdate, CaseSensitive, ExemptFromActionedCount bool }

// listMetadataFields is GET /MetadataFields (contract 5.1).
func (c *call) listMetadataFields(string) {
	if !c.allowed("/metadata/types/read/", 0) {
		return
	}
	list := selection[*MetadataField]{
		columns: fields[*MetadataField]{
			"name": func(f *MetadataField) value { return textValue(f.Name) },
		},
		sorts: map[string]func(a, b *MetadataField) int{
			"":             func(a, b *MetadataField) int { return a.DisplayOrder - b.DisplayOrder },
			"displayorder": func(a, b *MetadataField) int { return a.DisplayOrder - b.DisplayOrder },
			"name":         func(a, b *MetadataField) int { return strings.Compare(a.Name, b.Name) },
		},
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	p := c.page()
	rows, ok := selectRows(c, &p, list, w.fields)
	if !ok {
		return
	}
	sendPage(c, &p, rows, func(f *MetadataField) metadataAnswer {
		a := metadataAnswer{
			Id: f.ID, Name: f.Name, Description: f.Description, DataType: f.DataType, DisplayOrder: f.DisplayOrder,
			Options: optional(f.Options),
		}
		if c.o.major() < 11 { // the 10.x document knows no null here
			a.Hint, a.Validation, a.Message, a.Options, a.DefaultValue =
				new(string), new(string), new(string), &f.Options, new(string)
		}
		if c.o.major() >= 25 {
			a.metadataSince25 = &metadataSince25{AllowAPI: true}
		}
		return a
	})
}
